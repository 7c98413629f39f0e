//! From what a list request asks to what the store is asked.

use store::engine::Param;
use store::list::snapshots::Column;
use store::list::{Condition, Query};
use wire::query::snapshots::{SnapshotField, SnapshotFilter, SnapshotQuery, SnapshotSortKey};

use crate::volume_v3::volumes::query::direction;

/// The query for the list that `list` asks for.
pub(super) fn of(list: SnapshotQuery, project: Option<model::ProjectId>) -> Query<Column> {
    Query {
        project,
        conditions: list.filters.into_iter().filter_map(condition).collect(),
        sort: list.sort.into_iter().map(|(key, way)| (sort_column(key), direction(way))).collect(),
    }
}

/// None for a filter that holds for every snapshot.
fn condition(filter: SnapshotFilter) -> Option<Condition<Column>> {
    Some(match filter {
        SnapshotFilter::Is(field, value) => Condition::In(column(field), vec![Param::from(value)]),
        SnapshotFilter::Contains(field, part) => Condition::Contains(column(field), part),
        SnapshotFilter::Size(size_gib) => Condition::In(Column::SizeGib, vec![Param::from(size_gib)]),
        SnapshotFilter::ConsumesQuota(value) => {
            Condition::In(Column::ConsumesQuota, vec![Param::from(value)])
        }
        SnapshotFilter::Metadata(pairs) => Condition::Pairs(Column::Metadata, pairs),
        SnapshotFilter::Host(name) if name.is_empty() => return None,
        SnapshotFilter::Host(name) => Condition::Within(Column::Host, name),
        SnapshotFilter::Never => Condition::Never,
    })
}

const fn column(field: SnapshotField) -> Column {
    match field {
        SnapshotField::Id => Column::Id,
        SnapshotField::Name => Column::Name,
        SnapshotField::Description => Column::Description,
        SnapshotField::Status => Column::Status,
        SnapshotField::VolumeId => Column::VolumeId,
        SnapshotField::VolumeTypeId => Column::VolumeTypeId,
        SnapshotField::ProjectId => Column::ProjectId,
        SnapshotField::UserId => Column::UserId,
        SnapshotField::AvailabilityZone => Column::AvailabilityZone,
    }
}

const fn sort_column(key: SnapshotSortKey) -> Column {
    match key {
        SnapshotSortKey::CreatedAt => Column::CreatedAt,
        SnapshotSortKey::Id => Column::Id,
        SnapshotSortKey::Name => Column::Name,
        SnapshotSortKey::Description => Column::Description,
        SnapshotSortKey::Status => Column::Status,
        SnapshotSortKey::Progress => Column::ProgressPercent,
        SnapshotSortKey::Size => Column::SizeGib,
        SnapshotSortKey::VolumeId => Column::VolumeId,
        SnapshotSortKey::VolumeTypeId => Column::VolumeTypeId,
        SnapshotSortKey::ProjectId => Column::ProjectId,
        SnapshotSortKey::UserId => Column::UserId,
        SnapshotSortKey::UpdatedAt => Column::UpdatedAt,
    }
}
