//! From what a list request asks to what the store is asked.

use model::ProjectId;
use store::engine::Param;
use store::list::transfers::Column;
use store::list::{Condition, Query};
use wire::query::transfers::{TransferField, TransferFilter, TransferQuery, TransferSortKey};

use crate::volume_v3::volumes::query::direction;

/// The query for the list that `list` asks for.
pub(super) fn of(list: TransferQuery, project: Option<ProjectId>) -> Query<Column> {
    Query {
        project,
        conditions: list.filters.into_iter().map(condition).collect(),
        sort: list.sort.into_iter().map(|(key, way)| (sort_column(key), direction(way))).collect(),
    }
}

fn condition(filter: TransferFilter) -> Condition<Column> {
    match filter {
        TransferFilter::Is(field, text) => Condition::In(column(field), vec![Param::from(text)]),
        TransferFilter::NoSnapshots(value) => Condition::In(Column::NoSnapshots, vec![Param::from(value)]),
        TransferFilter::Never => Condition::Never,
    }
}

const fn column(field: TransferField) -> Column {
    match field {
        TransferField::Id => Column::Id,
        TransferField::Name => Column::Name,
        TransferField::VolumeId => Column::VolumeId,
        TransferField::SourceProjectId => Column::ProjectId,
    }
}

const fn sort_column(key: TransferSortKey) -> Column {
    match key {
        TransferSortKey::CreatedAt => Column::CreatedAt,
        TransferSortKey::Id => Column::Id,
        TransferSortKey::Name => Column::Name,
        TransferSortKey::VolumeId => Column::VolumeId,
        TransferSortKey::SourceProjectId => Column::ProjectId,
        TransferSortKey::NoSnapshots => Column::NoSnapshots,
    }
}
