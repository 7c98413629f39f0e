//! From what a list request asks to what the store is asked.

use store::engine::Param;
use store::list::volumes::Column;
use store::list::{Comparison, Condition, Direction, Query};
use wire::query;
use wire::query::volumes::{self as asked, VolumeField, VolumeFilter, VolumeFlag, VolumeSortKey, VolumeTime};

/// The query for the list that `list` asks for.
pub(super) fn of(list: asked::VolumeQuery, project: Option<model::ProjectId>) -> Query<Column> {
    Query {
        project,
        conditions: list.filters.into_iter().filter_map(condition).collect(),
        sort: list.sort.into_iter().map(|(key, way)| (sort_column(key), direction(way))).collect(),
    }
}

pub(in crate::volume_v3) const fn direction(asked: query::Direction) -> Direction {
    match asked {
        query::Direction::Asc => Direction::Asc,
        query::Direction::Desc => Direction::Desc,
    }
}

/// None for a filter that holds for every volume.
fn condition(filter: VolumeFilter) -> Option<Condition<Column>> {
    Some(match filter {
        VolumeFilter::Is(field, values) => {
            Condition::In(column(field), values.into_iter().map(Param::from).collect())
        }
        VolumeFilter::Contains(field, part) => Condition::Contains(column(field), part),
        VolumeFilter::Size(sizes) => {
            Condition::In(Column::SizeGib, sizes.into_iter().map(Param::from).collect())
        }
        VolumeFilter::Flag(flag, value) => Condition::In(flag_column(flag), vec![Param::from(value)]),
        VolumeFilter::Metadata(pairs) => Condition::Pairs(Column::Metadata, pairs),
        VolumeFilter::ImageMetadata(pairs) => Condition::Pairs(Column::ImageMetadata, pairs),
        VolumeFilter::Host(name) if name.is_empty() => return None,
        VolumeFilter::Host(name) => Condition::Within(Column::Host, name),
        VolumeFilter::Time(time, comparisons) => {
            let comparisons = comparisons.into_iter().map(|(how, at)| (comparison(how), at)).collect();
            Condition::Time(time_column(time), comparisons)
        }
        VolumeFilter::Never => Condition::Never,
    })
}

const fn comparison(asked: asked::Comparison) -> Comparison {
    match asked {
        asked::Comparison::After => Comparison::After,
        asked::Comparison::From => Comparison::From,
        asked::Comparison::At => Comparison::At,
        asked::Comparison::NotAt => Comparison::NotAt,
        asked::Comparison::Before => Comparison::Before,
        asked::Comparison::Until => Comparison::Until,
    }
}

const fn column(field: VolumeField) -> Column {
    match field {
        VolumeField::Id => Column::Id,
        VolumeField::Name => Column::Name,
        VolumeField::Description => Column::Description,
        VolumeField::Status => Column::Status,
        VolumeField::AttachStatus => Column::AttachStatus,
        VolumeField::MigrationStatus => Column::MigrationStatus,
        VolumeField::AvailabilityZone => Column::AvailabilityZone,
        VolumeField::VolumeTypeId => Column::VolumeTypeId,
        VolumeField::SnapshotId => Column::SnapshotId,
        VolumeField::SourceVolid => Column::SourceVolid,
        VolumeField::GroupId => Column::GroupId,
        VolumeField::ProjectId => Column::ProjectId,
        VolumeField::UserId => Column::UserId,
        VolumeField::ProviderId => Column::ProviderId,
    }
}

const fn flag_column(flag: VolumeFlag) -> Column {
    match flag {
        VolumeFlag::Bootable => Column::Bootable,
        VolumeFlag::Multiattach => Column::Multiattach,
        VolumeFlag::ConsumesQuota => Column::ConsumesQuota,
    }
}

const fn time_column(time: VolumeTime) -> Column {
    match time {
        VolumeTime::CreatedAt => Column::CreatedAt,
        VolumeTime::UpdatedAt => Column::UpdatedAt,
    }
}

const fn sort_column(key: VolumeSortKey) -> Column {
    match key {
        VolumeSortKey::CreatedAt => Column::CreatedAt,
        VolumeSortKey::Id => Column::Id,
        VolumeSortKey::Name => Column::Name,
        VolumeSortKey::Description => Column::Description,
        VolumeSortKey::Size => Column::SizeGib,
        VolumeSortKey::Status => Column::Status,
        VolumeSortKey::AttachStatus => Column::AttachStatus,
        VolumeSortKey::MigrationStatus => Column::MigrationStatus,
        VolumeSortKey::AvailabilityZone => Column::AvailabilityZone,
        VolumeSortKey::Host => Column::Host,
        VolumeSortKey::Bootable => Column::Bootable,
        VolumeSortKey::Multiattach => Column::Multiattach,
        VolumeSortKey::VolumeTypeId => Column::VolumeTypeId,
        VolumeSortKey::SnapshotId => Column::SnapshotId,
        VolumeSortKey::SourceVolid => Column::SourceVolid,
        VolumeSortKey::GroupId => Column::GroupId,
        VolumeSortKey::ProjectId => Column::ProjectId,
        VolumeSortKey::UserId => Column::UserId,
        VolumeSortKey::UpdatedAt => Column::UpdatedAt,
        VolumeSortKey::LaunchedAt => Column::LaunchedAt,
    }
}
