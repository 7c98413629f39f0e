//! Lists of snapshots.

use model::{ProjectId, Snapshot, SnapshotId};

use super::{Cursor, Part, Query};
use crate::{Conn, StoreError, snapshots};

/// A column of a snapshot, or of its volume, that can be sorted or filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the field of the snapshot that it names")]
pub enum Column {
    Id,
    Name,
    Description,
    SizeGib,
    ConsumesQuota,
    Status,
    ProgressPercent,
    VolumeId,
    VolumeTypeId,
    ProjectId,
    UserId,
    Metadata,
    CreatedAt,
    UpdatedAt,
    /// Where its volume lives.
    Host,
    /// Zone of its volume.
    AvailabilityZone,
}

impl super::Column for Column {
    const TABLE: &'static str = "snapshots";

    fn sql(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Description => "description",
            Self::SizeGib => "size_gib",
            Self::ConsumesQuota => "consumes_quota",
            Self::Status => "status",
            Self::ProgressPercent => "progress_percent",
            Self::VolumeId => "volume_id",
            Self::VolumeTypeId => "volume_type_id",
            Self::ProjectId => "project_id",
            Self::UserId => "user_id",
            Self::Metadata => "metadata",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::Host => "(SELECT host FROM volumes WHERE volumes.id = snapshots.volume_id)",
            Self::AvailabilityZone => {
                "(SELECT availability_zone FROM volumes WHERE volumes.id = snapshots.volume_id)"
            }
        }
    }

    fn is_nullable(self) -> bool {
        matches!(self, Self::Name | Self::Description | Self::UpdatedAt | Self::Host | Self::AvailabilityZone)
    }
}

/// Hands over the snapshots of one part of a list, one at a time.
///
/// # Errors
/// The store's own, and those of `each`.
pub fn each(
    conn: &Conn<'_>,
    query: &Query<Column>,
    part: &Part,
    mut each: impl FnMut(Snapshot) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    query.each(conn, part, snapshots::COLUMNS, |columns| each(snapshots::read(columns)?))
}

/// How many snapshots there are in all parts of a list.
///
/// # Errors
/// The store's own.
pub fn count(conn: &Conn<'_>, query: &Query<Column>) -> Result<u64, StoreError> {
    query.count(conn)
}

/// The place of a snapshot in a list. None when there is none, or it is not of `project`.
///
/// # Errors
/// The store's own.
pub fn cursor(
    conn: &Conn<'_>,
    query: &Query<Column>,
    id: SnapshotId,
    project: Option<&ProjectId>,
) -> Result<Option<Cursor>, StoreError> {
    query.cursor(conn, &id.to_string(), project)
}
