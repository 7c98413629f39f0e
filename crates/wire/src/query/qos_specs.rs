//! `GET /qos-specs`.

use model::words;

use super::filters::tolerated;
use super::page::{Page, SortKey, take_sort};
use super::{Asker, List, Params};
use crate::Fault;

words! {
    /// What QoS specs can be sorted by.
    QosSortKey {
        /// When they were made.
        CreatedAt = "created_at",
        /// Identifier.
        Id = "id",
        /// Unique name.
        Name = "name",
        /// When they last changed.
        UpdatedAt = "updated_at",
    }
}

words! {
    /// Texts of QoS specs that a filter can compare.
    QosField {
        /// Identifier.
        Id = "id",
        /// Unique name.
        Name = "name",
        /// Who enforces them.
        Consumer = "consumer",
    }
}

/// A condition on QoS specs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QosFilter {
    /// The text is this.
    Is(QosField, String),
    /// Never: the filter names nothing that QoS specs have.
    Never,
}

/// A list of QoS specs.
pub type QosQuery = List<QosSortKey, QosFilter>;

impl SortKey for QosSortKey {
    const LAST: [Self; 2] = [Self::CreatedAt, Self::Id];
}

impl QosQuery {
    /// Reads the query of a list of QoS specs.
    ///
    /// # Errors
    /// 400 in the words of the service.
    pub fn parse(params: &Params, asker: &Asker<'_>) -> Result<Self, Fault> {
        let mut params = params.clone();
        let page = Page::take(&mut params, asker.max_limit)?;
        let sort = take_sort(&mut params)?;
        let known = |key: &str| key.parse::<QosField>().is_ok();
        let raw = tolerated(params, known, asker);
        let read = |(key, value): (String, String)| {
            key.parse().map_or(QosFilter::Never, |field| QosFilter::Is(field, value))
        };
        let filters = raw.into_iter().filter(|(key, _)| key != "all_tenants").map(read).collect();
        Ok(Self { filters, sort, page, with_count: false, all_tenants: false })
    }
}

#[cfg(test)]
mod tests;
