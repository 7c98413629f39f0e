//! From what a list request asks to what the store is asked.

use model::ProjectId;
use store::engine::Param;
use store::list::attachments::Column;
use store::list::{Condition, Query};
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
