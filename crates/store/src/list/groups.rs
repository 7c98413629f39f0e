//! Lists of groups.

use model::{Group, GroupId};

use crate::engine::Columns;
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

impl super::Listed for Column {
    type Row = Group;
    type Id = GroupId;
    const COLUMNS: &'static str = groups::COLUMNS;

    fn read(columns: &mut Columns<'_>) -> Result<Group, StoreError> {
        groups::read(columns)
    }

    fn complete(conn: &Conn<'_>, rows: Vec<Group>) -> Result<Vec<Group>, StoreError> {
        groups::with_types(conn, rows)
    }
}
