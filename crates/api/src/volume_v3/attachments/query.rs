//! From what a list request asks to what the store is asked.

use model::{AttachmentId, ProjectId};
use operations::Refused;
use operations::attachment::not_found;
use store::Conn;
use store::engine::Param;
use store::list::attachments::{Column, cursor};
use store::list::{Condition, Part, Query};
use wire::fault::echo;
use wire::query::Page;
use wire::query::attachments::{AttachmentField, AttachmentFilter, AttachmentQuery, AttachmentSortKey};

use crate::volume_v3::volumes::query::direction;

/// The query for the list that `list` asks for.
pub(super) fn of(list: AttachmentQuery, project: Option<ProjectId>) -> Query<Column> {
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
        let missing = || not_found(echo(&marker));
        let id: AttachmentId = marker.parse().map_err(|_| missing())?;
        let found = cursor(conn, query, id, query.project.as_ref())?;
        Ok::<_, Refused>(found.ok_or_else(missing)?)
    };
    Ok(Part { after: page.marker.map(place).transpose()?, offset: page.offset, limit: page.limit })
}

fn condition(filter: AttachmentFilter) -> Condition<Column> {
    match filter {
        AttachmentFilter::Is(field, text) => Condition::In(column(field), vec![Param::from(text)]),
        AttachmentFilter::Contains(field, part) => Condition::Contains(column(field), part),
        AttachmentFilter::Never => Condition::Never,
    }
}

const fn column(field: AttachmentField) -> Column {
    match field {
        AttachmentField::Id => Column::Id,
        AttachmentField::VolumeId => Column::VolumeId,
        AttachmentField::InstanceUuid => Column::InstanceUuid,
        AttachmentField::AttachedHost => Column::AttachedHost,
        AttachmentField::Mountpoint => Column::Mountpoint,
        AttachmentField::AttachStatus => Column::Status,
        AttachmentField::AttachMode => Column::Mode,
        AttachmentField::ProjectId => Column::ProjectId,
    }
}

const fn sort_column(key: AttachmentSortKey) -> Column {
    match key {
        AttachmentSortKey::CreatedAt => Column::CreatedAt,
        AttachmentSortKey::Id => Column::Id,
        AttachmentSortKey::VolumeId => Column::VolumeId,
        AttachmentSortKey::InstanceUuid => Column::InstanceUuid,
        AttachmentSortKey::AttachedHost => Column::AttachedHost,
        AttachmentSortKey::Mountpoint => Column::Mountpoint,
        AttachmentSortKey::AttachStatus => Column::Status,
        AttachmentSortKey::AttachMode => Column::Mode,
        AttachmentSortKey::AttachTime => Column::AttachedAt,
        AttachmentSortKey::UpdatedAt => Column::UpdatedAt,
    }
}
