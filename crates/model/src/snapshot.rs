//! Snapshots of volumes.

use serde::{Deserialize, Serialize};

use crate::{
    GroupSnapshotId, KeyId, Metadata, ProjectId, SnapshotId, Timestamp, UserId, VolumeId, VolumeTypeId, words,
};

words! {
    /// What a snapshot is doing.
    SnapshotStatus {
        /// Accepted; not yet there.
        Creating = "creating",
        /// Ready.
        Available = "available",
        /// Being removed.
        Deleting = "deleting",
        /// Gone.
        Deleted = "deleted",
        /// The last operation failed.
        Error = "error",
        /// Removing failed.
        ErrorDeleting = "error_deleting",
        /// Being changed as part of a group.
        Updating = "updating",
        /// Being released without deleting its data.
        Unmanaging = "unmanaging",
        /// Being backed up.
        BackingUp = "backing-up",
        /// Its volume is going back to it.
        Restoring = "restoring",
    }
}

impl SnapshotStatus {
    /// Whether an operation is under way in this status.
    #[must_use]
    pub const fn is_transitional(self) -> bool {
        matches!(
            self,
            Self::Creating
                | Self::Deleting
                | Self::Updating
                | Self::Unmanaging
                | Self::BackingUp
                | Self::Restoring
        )
    }
}

/// A snapshot as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Identifier.
    pub id: SnapshotId,
    /// The volume that it is of.
    pub volume_id: VolumeId,
    /// Owner.
    pub project_id: ProjectId,
    /// Who asked for it.
    pub user_id: UserId,
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Size of the volume when it was taken, in GiB.
    pub size_gib: u64,
    /// GiB that the quota is charged with: its size, or 0 where snapshots are not counted
    /// (Cinder's `no_snapshot_gb_quota`).
    pub charged_gib: u64,
    /// Whether the quota is charged (`consumes_quota` of 3.65).
    pub consumes_quota: bool,
    /// What it is doing.
    pub status: SnapshotStatus,
    /// Work done, in per cent.
    pub progress_percent: u8,
    /// The group snapshot that it is part of.
    pub group_snapshot_id: Option<GroupSnapshotId>,
    /// The key that its content is encrypted with.
    pub encryption_key_id: Option<KeyId>,
    /// Type of its volume.
    pub volume_type_id: VolumeTypeId,
    /// What the driver needs to find it.
    pub provider_location: Option<String>,
    /// What the backend calls it.
    pub provider_id: Option<String>,
    /// Pairs that its owner set.
    pub metadata: Metadata,
    /// What a bootable volume remembered of its image when it was taken.
    pub image_metadata: Metadata,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
}
