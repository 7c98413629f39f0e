//! From what a list request asks to what the store is asked.

use model::ProjectId;
use store::engine::Param;
use store::list::messages::Column;
use store::list::{Condition, Query};
use wire::query::Direction;
use wire::query::messages::{MessageField, MessageFilter, MessageSortKey};

use crate::volume_v3::volumes::query::direction;

/// The list of messages, of `project` or of everybody, that pass `filters`.
pub(super) fn of(
    filters: Vec<MessageFilter>,
    sort: Vec<(MessageSortKey, Direction)>,
    project: Option<ProjectId>,
) -> Query<Column> {
    Query {
        project,
        conditions: filters.into_iter().map(condition).collect(),
        sort: sort.into_iter().map(|(key, way)| (sort_column(key), direction(way))).collect(),
    }
}

fn condition(filter: MessageFilter) -> Condition<Column> {
    match filter {
        MessageFilter::Is(field, text) => Condition::In(column(field), vec![Param::from(text)]),
        MessageFilter::Contains(field, part) => Condition::Contains(column(field), part),
        MessageFilter::Never => Condition::Never,
    }
}

const fn column(field: MessageField) -> Column {
    match field {
        MessageField::Id => Column::Id,
        MessageField::EventId => Column::EventId,
        MessageField::MessageLevel => Column::Level,
        MessageField::RequestId => Column::RequestId,
        MessageField::ResourceType => Column::ResourceType,
        MessageField::ResourceUuid => Column::ResourceUuid,
        MessageField::ProjectId => Column::ProjectId,
    }
}

const fn sort_column(key: MessageSortKey) -> Column {
    match key {
        // All are kept equally long.
        MessageSortKey::CreatedAt | MessageSortKey::ExpiresAt => Column::CreatedAt,
        MessageSortKey::Id => Column::Id,
        MessageSortKey::EventId => Column::EventId,
        MessageSortKey::MessageLevel => Column::Level,
        MessageSortKey::RequestId => Column::RequestId,
        MessageSortKey::ResourceType => Column::ResourceType,
        MessageSortKey::ResourceUuid => Column::ResourceUuid,
        MessageSortKey::ProjectId => Column::ProjectId,
    }
}
