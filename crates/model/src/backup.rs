//! Backups of volumes.

use serde::{Deserialize, Serialize};

use crate::{BackupId, KeyId, Metadata, ProjectId, SnapshotId, Timestamp, UserId, VolumeId, words};

words! {
    /// What a backup is doing.
    BackupStatus {
        /// Accepted; not yet there.
        Creating = "creating",
        /// Ready.
        Available = "available",
        /// Being removed.
        Deleting = "deleting",
        /// Gone.
        Deleted = "deleted",
        /// A volume is being written from it.
        Restoring = "restoring",
        /// The last operation failed.
        Error = "error",
        /// Removing failed.
        ErrorDeleting = "error_deleting",
    }
}

impl BackupStatus {
    /// Whether an operation is under way in this status.
    #[must_use]
    pub const fn is_transitional(self) -> bool {
        matches!(self, Self::Creating | Self::Deleting | Self::Restoring)
    }
}

/// A backup as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// Identifier.
    pub id: BackupId,
    /// Owner.
    pub project_id: ProjectId,
    /// Who asked for it.
    pub user_id: UserId,
    /// The volume that it is of.
    pub volume_id: VolumeId,
    /// The snapshot that it was made from.
    pub snapshot_id: Option<SnapshotId>,
    /// The backup that it is an increment of.
    pub parent_id: Option<BackupId>,
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Size of the volume, in GiB; the quota is charged with it.
    pub size_gib: u64,
    /// What it is doing.
    pub status: BackupStatus,
    /// Why the last operation failed.
    pub fail_reason: Option<String>,
    /// Zone of the service that keeps it.
    pub availability_zone: String,
    /// The host of that service.
    pub host: String,
    /// The container in the store.
    pub container: Option<String>,
    /// The class of the store, as Cinder names it.
    pub service: Option<String>,
    /// What the names of its objects begin with.
    pub service_metadata: Option<String>,
    /// Objects with content.
    pub object_count: u64,
    /// When the volume had this content.
    pub data_timestamp: Timestamp,
    /// The snapshot that a volume in use is read from while it is backed up; it has no row.
    pub temp_snapshot_id: Option<SnapshotId>,
    /// The volume that it was last restored to.
    pub restore_volume_id: Option<VolumeId>,
    /// The key that its content is encrypted with.
    pub encryption_key_id: Option<KeyId>,
    /// Pairs that its owner set.
    pub metadata: Metadata,
    /// How many increments of it there are: counted whenever it is read.
    pub dependents: u64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
}
