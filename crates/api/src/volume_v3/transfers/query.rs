//! From what a list request asks to what the store is asked.

use model::refusal::Noun;
use model::{ProjectId, Refusal, TransferId};
use operations::Refused;
use store::Conn;
use store::engine::Param;
use store::list::transfers::{Column, cursor};
use store::list::{Condition, Part, Query};
use wire::fault::echo;
use wire::query::Page;
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

/// The part of it that is one page.
///
/// # Errors
/// Not found for a marker that the caller cannot see; or the store's own failure.
pub(super) fn part(conn: &Conn<'_>, query: &Query<Column>, page: Page) -> Result<Part, Refused> {
    let place = |marker: String| {
        let missing = || Refusal::not_found(Noun::Transfer, echo(&marker));
        let id: TransferId = marker.parse().map_err(|_| missing())?;
        let found = cursor(conn, query, id, query.project.as_ref())?;
        Ok::<_, Refused>(found.ok_or_else(missing)?)
    };
    Ok(Part { after: page.marker.map(place).transpose()?, offset: page.offset, limit: page.limit })
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
