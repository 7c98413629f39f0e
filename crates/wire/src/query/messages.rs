//! `GET /messages`.

use model::words;

use super::filters::configured;
use super::page::{Page, SortKey, take_sort};
use super::{Asker, List, Params};
use crate::Fault;
use crate::microversion::gate;

words! {
    /// What messages can be sorted by.
    MessageSortKey {
        /// When it was written.
        CreatedAt = "created_at",
        /// Identifier.
        Id = "id",
        /// Which message.
        EventId = "event_id",
        /// How grave.
        MessageLevel = "message_level",
        /// The request that failed.
        RequestId = "request_id",
        /// Kind of the resource.
        ResourceType = "resource_type",
        /// The resource.
        ResourceUuid = "resource_uuid",
        /// Whose it is.
        ProjectId = "project_id",
        /// Until when it is kept.
        ExpiresAt = "expires_at",
    }
}

words! {
    /// Texts of a message that a filter can compare.
    MessageField {
        /// Identifier.
        Id = "id",
        /// Which message.
        EventId = "event_id",
        /// How grave.
        MessageLevel = "message_level",
        /// The request that failed.
        RequestId = "request_id",
        /// Kind of the resource.
        ResourceType = "resource_type",
        /// The resource.
        ResourceUuid = "resource_uuid",
        /// Whose it is.
        ProjectId = "project_id",
    }
}

/// A condition on a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageFilter {
    /// The text is this.
    Is(MessageField, String),
    /// The text contains this.
    Contains(MessageField, String),
    /// Never: the filter names nothing that a message has.
    Never,
}

/// A list of messages; always of one project.
pub type MessageQuery = List<MessageSortKey, MessageFilter>;

impl SortKey for MessageSortKey {
    const LAST: [Self; 2] = [Self::CreatedAt, Self::Id];
}

impl MessageQuery {
    /// Reads the query of a list of messages. Before 3.5 there are no pages, no order and no filters.
    ///
    /// # Errors
    /// 400 in the words of the service.
    pub fn parse(params: &Params, asker: &Asker<'_>) -> Result<Self, Fault> {
        let mut params = params.clone();
        let mut page = Page::take(&mut params, asker.max_limit)?;
        if !asker.version.has(gate::MESSAGE_PAGES) {
            page = Page::whole(asker.max_limit);
            params = Params::default();
        }
        let sort = take_sort(&mut params)?;
        let raw = if asker.version.has(gate::CONFIGURED_FILTERS) {
            configured(params, "message", asker)?
        } else {
            params.into_filters()
        };
        let filters = raw.into_iter().map(|(key, value)| read(&key, value)).collect();
        Ok(Self { filters, sort, page, with_count: false, all_tenants: false })
    }
}

fn read(key: &str, value: String) -> MessageFilter {
    match (key.parse(), key.strip_suffix('~').map(str::parse)) {
        (Ok(field), _) => MessageFilter::Is(field, value),
        (_, Some(Ok(field))) => MessageFilter::Contains(field, value),
        _ => MessageFilter::Never,
    }
}

#[cfg(test)]
mod tests;
