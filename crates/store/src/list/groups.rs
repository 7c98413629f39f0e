//! Lists of groups.

use model::{Group, GroupId, ProjectId};

use super::{Cursor, Part, Query};
use crate::{Conn, StoreError, groups};

/// A column of a group that can be sorted or filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the field of the group that it names")]
pub enum Column {
    Id,
    Name,
    Description,
    Status,
    AvailabilityZone,
    Host,
    GroupTypeId,
    GroupSnapshotId,
    SourceGroupId,
    ProjectId,
    UserId,
    CreatedAt,
    UpdatedAt,
}

impl super::Column for Column {
    const TABLE: &'static str = "volume_groups";

    fn sql(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Description => "description",
            Self::Status => "status",
            Self::AvailabilityZone => "availability_zone",
            Self::Host => "host",
            Self::GroupTypeId => "group_type_id",
            Self::GroupSnapshotId => "group_snapshot_id",
            Self::SourceGroupId => "source_group_id",
            Self::ProjectId => "project_id",
            Self::UserId => "user_id",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
        }
    }

    fn is_nullable(self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::Description
                | Self::Host
                | Self::GroupSnapshotId
                | Self::SourceGroupId
                | Self::UpdatedAt
        )
    }
}

/// The groups of one part of a list.
///
/// # Errors
/// The store's own.
pub fn part(conn: &Conn<'_>, query: &Query<Column>, part: &Part) -> Result<Vec<Group>, StoreError> {
    let mut found = Vec::new();
    query.each(conn, part, groups::COLUMNS, |columns| {
        found.push(groups::read(columns)?);
        Ok(())
    })?;
    found.into_iter().map(|group| groups::with_types(conn, group)).collect()
}

/// The place of a group in a list. None when there is none, or it is not of `project`.
///
/// # Errors
/// The store's own.
pub fn cursor(
    conn: &Conn<'_>,
    query: &Query<Column>,
    id: GroupId,
    project: Option<&ProjectId>,
) -> Result<Option<Cursor>, StoreError> {
    query.cursor(conn, &id.to_string(), project)
}
