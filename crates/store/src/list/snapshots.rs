//! Lists of snapshots.

use model::{Snapshot, SnapshotId};

use crate::engine::Columns;
use crate::{StoreError, snapshots};

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

impl super::Listed for Column {
    type Row = Snapshot;
    type Id = SnapshotId;
    const COLUMNS: &'static str = snapshots::COLUMNS;

    fn read(columns: &mut Columns<'_>) -> Result<Snapshot, StoreError> {
        snapshots::read(columns)
    }
}
