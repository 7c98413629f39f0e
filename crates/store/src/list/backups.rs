//! Lists of backups.

use model::{Backup, BackupId, ProjectId};

use super::{Cursor, Part, Query};
use crate::{Conn, StoreError, backups};

/// A column of a backup that can be sorted or filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the field of the backup that it names")]
pub enum Column {
    Id,
    Name,
    Description,
    SizeGib,
    Status,
    FailReason,
    VolumeId,
    SnapshotId,
    ParentId,
    ProjectId,
    UserId,
    AvailabilityZone,
    Host,
    Container,
    Service,
    ObjectCount,
    DataTimestamp,
    Metadata,
    CreatedAt,
    UpdatedAt,
}

impl super::Column for Column {
    const TABLE: &'static str = "backups";

    fn sql(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Description => "description",
            Self::SizeGib => "size_gib",
            Self::Status => "status",
            Self::FailReason => "fail_reason",
            Self::VolumeId => "volume_id",
            Self::SnapshotId => "snapshot_id",
            Self::ParentId => "parent_id",
            Self::ProjectId => "project_id",
            Self::UserId => "user_id",
            Self::AvailabilityZone => "availability_zone",
            Self::Host => "host",
            Self::Container => "container",
            Self::Service => "service",
            Self::ObjectCount => "object_count",
            Self::DataTimestamp => "data_timestamp",
            Self::Metadata => "metadata",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
        }
    }

    fn is_nullable(self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::Description
                | Self::FailReason
                | Self::SnapshotId
                | Self::ParentId
                | Self::Container
                | Self::Service
                | Self::UpdatedAt
        )
    }
}

/// Hands over the backups of one part of a list, one at a time.
///
/// # Errors
/// The store's own, and those of `each`.
pub fn each(
    conn: &Conn<'_>,
    query: &Query<Column>,
    part: &Part,
    mut each: impl FnMut(Backup) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    query.each(conn, part, backups::COLUMNS, |columns| each(backups::read(columns)?))
}

/// How many backups there are in all parts of a list.
///
/// # Errors
/// The store's own.
pub fn count(conn: &Conn<'_>, query: &Query<Column>) -> Result<u64, StoreError> {
    query.count(conn)
}

/// The place of a backup in a list. None when there is none, or it is not of `project`.
///
/// # Errors
/// The store's own.
pub fn cursor(
    conn: &Conn<'_>,
    query: &Query<Column>,
    id: BackupId,
    project: Option<&ProjectId>,
) -> Result<Option<Cursor>, StoreError> {
    query.cursor(conn, &id.to_string(), project)
}
