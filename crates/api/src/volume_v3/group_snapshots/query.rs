//! From what a list request asks to what the store is asked.

use store::engine::Param;
use store::list::group_snapshots::Column;
use store::list::{Condition, Query};
use wire::query::group_snapshots::{
    GroupSnapshotField, GroupSnapshotFilter, GroupSnapshotQuery, GroupSnapshotSortKey,
};

use crate::volume_v3::volumes::query::direction;

/// The query for the list that `list` asks for.
pub(super) fn of(list: GroupSnapshotQuery, project: Option<model::ProjectId>) -> Query<Column> {
    Query {
        project,
        conditions: list.filters.into_iter().map(condition).collect(),
        sort: list.sort.into_iter().map(|(key, way)| (sort_column(key), direction(way))).collect(),
    }
}

fn condition(filter: GroupSnapshotFilter) -> Condition<Column> {
    match filter {
        GroupSnapshotFilter::Is(field, value) => Condition::In(column(field), vec![Param::from(value)]),
        GroupSnapshotFilter::Contains(field, part) => Condition::Contains(column(field), part),
        GroupSnapshotFilter::Never => Condition::Never,
    }
}

const fn column(field: GroupSnapshotField) -> Column {
    match field {
        GroupSnapshotField::Id => Column::Id,
        GroupSnapshotField::Name => Column::Name,
        GroupSnapshotField::Description => Column::Description,
        GroupSnapshotField::Status => Column::Status,
        GroupSnapshotField::GroupId => Column::GroupId,
        GroupSnapshotField::GroupTypeId => Column::GroupTypeId,
        GroupSnapshotField::ProjectId => Column::ProjectId,
        GroupSnapshotField::UserId => Column::UserId,
    }
}

const fn sort_column(key: GroupSnapshotSortKey) -> Column {
    match key {
        GroupSnapshotSortKey::CreatedAt => Column::CreatedAt,
        GroupSnapshotSortKey::Id => Column::Id,
        GroupSnapshotSortKey::Name => Column::Name,
        GroupSnapshotSortKey::Description => Column::Description,
        GroupSnapshotSortKey::Status => Column::Status,
        GroupSnapshotSortKey::GroupId => Column::GroupId,
        GroupSnapshotSortKey::GroupTypeId => Column::GroupTypeId,
        GroupSnapshotSortKey::ProjectId => Column::ProjectId,
        GroupSnapshotSortKey::UserId => Column::UserId,
        GroupSnapshotSortKey::UpdatedAt => Column::UpdatedAt,
    }
}
