//! Lists of backups.

use model::{Backup, BackupId};

use crate::engine::Columns;
use crate::{StoreError, backups};

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

impl super::Listed for Column {
    type Row = Backup;
    type Id = BackupId;
    const COLUMNS: &'static str = backups::COLUMNS;

    fn read(columns: &mut Columns<'_>) -> Result<Backup, StoreError> {
        backups::read(columns)
    }
}
