//! Lists of user messages.

use model::MessageId;
use model::message::Message;

use crate::engine::Columns;
use crate::{StoreError, messages};

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
        }
    }

    fn is_nullable(self) -> bool {
        matches!(self, Self::RequestId | Self::ResourceUuid)
    }
}

impl super::Listed for Column {
    type Row = Message;
    type Id = MessageId;
    const COLUMNS: &'static str = messages::COLUMNS;

    fn read(columns: &mut Columns<'_>) -> Result<Message, StoreError> {
        messages::read(columns)
    }
}
