//! From what a list request asks to what the store is asked.

use store::engine::Param;
use store::list::groups::Column;
use store::list::{Condition, Query};
use wire::query::groups::{GroupField, GroupFilter, GroupQuery, GroupSortKey};

use crate::volume_v3::volumes::query::direction;

/// The query for the list that `list` asks for.
pub(super) fn of(list: GroupQuery, project: Option<model::ProjectId>) -> Query<Column> {
    Query {
        project,
        conditions: list.filters.into_iter().map(condition).collect(),
        sort: list.sort.into_iter().map(|(key, way)| (sort_column(key), direction(way))).collect(),
    }
}

fn condition(filter: GroupFilter) -> Condition<Column> {
    match filter {
        GroupFilter::Is(field, value) => Condition::In(column(field), vec![Param::from(value)]),
        GroupFilter::Contains(field, part) => Condition::Contains(column(field), part),
        GroupFilter::Never => Condition::Never,
    }
}

const fn column(field: GroupField) -> Column {
    match field {
        GroupField::Id => Column::Id,
        GroupField::Name => Column::Name,
        GroupField::Description => Column::Description,
        GroupField::Status => Column::Status,
        GroupField::AvailabilityZone => Column::AvailabilityZone,
        GroupField::Host => Column::Host,
        GroupField::GroupTypeId => Column::GroupTypeId,
        GroupField::GroupSnapshotId => Column::GroupSnapshotId,
        GroupField::SourceGroupId => Column::SourceGroupId,
        GroupField::ProjectId => Column::ProjectId,
        GroupField::UserId => Column::UserId,
    }
}

const fn sort_column(key: GroupSortKey) -> Column {
    match key {
        GroupSortKey::CreatedAt => Column::CreatedAt,
        GroupSortKey::Id => Column::Id,
        GroupSortKey::Name => Column::Name,
        GroupSortKey::Description => Column::Description,
        GroupSortKey::Status => Column::Status,
        GroupSortKey::AvailabilityZone => Column::AvailabilityZone,
        GroupSortKey::Host => Column::Host,
        GroupSortKey::GroupTypeId => Column::GroupTypeId,
        GroupSortKey::GroupSnapshotId => Column::GroupSnapshotId,
        GroupSortKey::SourceGroupId => Column::SourceGroupId,
        GroupSortKey::ProjectId => Column::ProjectId,
        GroupSortKey::UserId => Column::UserId,
        GroupSortKey::UpdatedAt => Column::UpdatedAt,
    }
}
