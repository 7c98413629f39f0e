//! Lists of user messages.

use model::message::Message;
use model::{MessageId, ProjectId};

use super::{Cursor, Part, Query};
use crate::{Conn, StoreError, messages};

/// A column of a message that can be sorted or filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the field of the message that it names")]
pub enum Column {
    Id,
    ProjectId,
    RequestId,
    ResourceType,
    ResourceUuid,
    EventId,
    Level,
    CreatedAt,
    ExpiresAt,
}

impl super::Column for Column {
    const TABLE: &'static str = "messages";

    fn sql(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::ProjectId => "project_id",
            Self::RequestId => "request_id",
            Self::ResourceType => "resource_type",
            Self::ResourceUuid => "resource_uuid",
            Self::EventId => "event_id",
            Self::Level => "level",
            Self::CreatedAt => "created_at",
            Self::ExpiresAt => "expires_at",
        }
    }

    fn is_nullable(self) -> bool {
        matches!(self, Self::RequestId | Self::ResourceUuid)
    }
}

/// One part of a list of messages.
///
/// # Errors
/// The store's own.
pub fn part(conn: &Conn<'_>, query: &Query<Column>, part: &Part) -> Result<Vec<Message>, StoreError> {
    let mut found = Vec::new();
    query.each(conn, part, messages::COLUMNS, |columns| {
        found.push(messages::read(columns)?);
        Ok(())
    })?;
    Ok(found)
}

/// The place of a message in a list. None when there is none, or it is not of `project`.
///
/// # Errors
/// The store's own.
pub fn cursor(
    conn: &Conn<'_>,
    query: &Query<Column>,
    id: MessageId,
    project: Option<&ProjectId>,
) -> Result<Option<Cursor>, StoreError> {
    query.cursor(conn, &id.to_string(), project)
}
