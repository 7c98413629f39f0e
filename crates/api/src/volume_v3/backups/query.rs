//! From what a list request asks to what the store is asked.

use store::engine::Param;
use store::list::backups::Column;
use store::list::{Condition, Query};
use wire::query::backups::{BackupField, BackupFilter, BackupQuery, BackupSortKey};

use crate::volume_v3::volumes::query::direction;

/// The query for the list that `list` asks for.
pub(super) fn of(list: BackupQuery, project: Option<model::ProjectId>) -> Query<Column> {
    Query {
        project,
        conditions: list.filters.into_iter().map(condition).collect(),
        sort: list.sort.into_iter().map(|(key, way)| (sort_column(key), direction(way))).collect(),
    }
}

fn condition(filter: BackupFilter) -> Condition<Column> {
    match filter {
        BackupFilter::Is(field, value) => Condition::In(column(field), vec![Param::from(value)]),
        BackupFilter::Contains(field, part) => Condition::Contains(column(field), part),
        BackupFilter::Size(size_gib) => Condition::In(Column::SizeGib, vec![Param::from(size_gib)]),
        BackupFilter::Metadata(pairs) => Condition::Pairs(Column::Metadata, pairs),
        BackupFilter::Never => Condition::Never,
    }
}

const fn column(field: BackupField) -> Column {
    match field {
        BackupField::Id => Column::Id,
        BackupField::Name => Column::Name,
        BackupField::Description => Column::Description,
        BackupField::Status => Column::Status,
        BackupField::VolumeId => Column::VolumeId,
        BackupField::SnapshotId => Column::SnapshotId,
        BackupField::ParentId => Column::ParentId,
        BackupField::ProjectId => Column::ProjectId,
        BackupField::UserId => Column::UserId,
        BackupField::AvailabilityZone => Column::AvailabilityZone,
        BackupField::Host => Column::Host,
        BackupField::Container => Column::Container,
        BackupField::Service => Column::Service,
    }
}

const fn sort_column(key: BackupSortKey) -> Column {
    match key {
        BackupSortKey::CreatedAt => Column::CreatedAt,
        BackupSortKey::Id => Column::Id,
        BackupSortKey::Name => Column::Name,
        BackupSortKey::Description => Column::Description,
        BackupSortKey::Status => Column::Status,
        BackupSortKey::FailReason => Column::FailReason,
        BackupSortKey::Size => Column::SizeGib,
        BackupSortKey::ObjectCount => Column::ObjectCount,
        BackupSortKey::VolumeId => Column::VolumeId,
        BackupSortKey::SnapshotId => Column::SnapshotId,
        BackupSortKey::ParentId => Column::ParentId,
        BackupSortKey::ProjectId => Column::ProjectId,
        BackupSortKey::UserId => Column::UserId,
        BackupSortKey::AvailabilityZone => Column::AvailabilityZone,
        BackupSortKey::Host => Column::Host,
        BackupSortKey::Container => Column::Container,
        BackupSortKey::Service => Column::Service,
        BackupSortKey::DataTimestamp => Column::DataTimestamp,
        BackupSortKey::UpdatedAt => Column::UpdatedAt,
    }
}
