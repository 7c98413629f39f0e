//! Lists of snapshots of groups.

use model::{GroupSnapshot, GroupSnapshotId, ProjectId};

use super::{Cursor, Part, Query};
use crate::{Conn, StoreError, group_snapshots};

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

/// The group snapshots of one part of a list.
///
/// # Errors
/// The store's own.
pub fn part(conn: &Conn<'_>, query: &Query<Column>, part: &Part) -> Result<Vec<GroupSnapshot>, StoreError> {
    let mut found = Vec::new();
    query.each(conn, part, group_snapshots::COLUMNS, |columns| {
        found.push(group_snapshots::read(columns)?);
        Ok(())
    })?;
    Ok(found)
}

/// The place of a group snapshot in a list. None when there is none, or it is not of `project`.
///
/// # Errors
/// The store's own.
pub fn cursor(
    conn: &Conn<'_>,
    query: &Query<Column>,
    id: GroupSnapshotId,
    project: Option<&ProjectId>,
) -> Result<Option<Cursor>, StoreError> {
    query.cursor(conn, &id.to_string(), project)
}
