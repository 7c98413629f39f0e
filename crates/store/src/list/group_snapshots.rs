//! Lists of snapshots of groups.

use model::{GroupSnapshot, GroupSnapshotId};

use crate::engine::Columns;
use crate::{StoreError, group_snapshots};

/// A column of a group snapshot that can be sorted or filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the field of the group snapshot that it names")]
pub enum Column {
    Id,
    Name,
    Description,
    Status,
    GroupId,
    GroupTypeId,
    ProjectId,
    UserId,
    CreatedAt,
    UpdatedAt,
}

impl super::Column for Column {
    const TABLE: &'static str = "group_snapshots";

    fn sql(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Description => "description",
            Self::Status => "status",
            Self::GroupId => "group_id",
            Self::GroupTypeId => "group_type_id",
            Self::ProjectId => "project_id",
            Self::UserId => "user_id",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
        }
    }

    fn is_nullable(self) -> bool {
        matches!(self, Self::Name | Self::Description | Self::UpdatedAt)
    }
}

impl super::Listed for Column {
    type Row = GroupSnapshot;
    type Id = GroupSnapshotId;
    const COLUMNS: &'static str = group_snapshots::COLUMNS;

    fn read(columns: &mut Columns<'_>) -> Result<GroupSnapshot, StoreError> {
        group_snapshots::read(columns)
    }
}
