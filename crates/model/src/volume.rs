//! Volumes.

use serde::{Deserialize, Serialize};

use crate::{
    BackupId, GroupId, KeyId, Metadata, ProjectId, SnapshotId, Timestamp, UserId, VolumeId, VolumeTypeId,
    words,
};

words! {
    /// What a volume is doing (Block Storage API v3, "volume status").
    VolumeStatus {
        /// Accepted; not yet there.
        Creating = "creating",
        /// Ready, attached to nothing.
        Available = "available",
        /// Being removed.
        Deleting = "deleting",
        /// The last operation failed and the volume cannot be used.
        Error = "error",
        /// Removing failed.
        ErrorDeleting = "error_deleting",
        /// Taking over an existing disk failed.
        ErrorManaging = "error_managing",
        /// An existing disk is being taken over.
        Managing = "managing",
        /// Reserved for an attachment that is under way.
        Attaching = "attaching",
        /// Attached.
        InUse = "in-use",
        /// Being detached.
        Detaching = "detaching",
        /// Locked by a migration.
        Maintenance = "maintenance",
        /// Being overwritten from a backup.
        RestoringBackup = "restoring-backup",
        /// Restoring failed.
        ErrorRestoring = "error_restoring",
        /// Promised to an attachment without a connector.
        Reserved = "reserved",
        /// Offered to another project.
        AwaitingTransfer = "awaiting-transfer",
        /// Being backed up.
        BackingUp = "backing-up",
        /// Backing up failed.
        ErrorBackingUp = "error_backing-up",
        /// Growing failed.
        ErrorExtending = "error_extending",
        /// Being filled from an image.
        Downloading = "downloading",
        /// Being saved as an image.
        Uploading = "uploading",
        /// Changing its type.
        Retyping = "retyping",
        /// Growing.
        Extending = "extending",
        /// Going back to its newest snapshot.
        Reverting = "reverting",
        /// Being released without deleting its data.
        Unmanaging = "unmanaging",
        /// Releasing failed.
        ErrorUnmanaging = "error_unmanaging",
        /// Being removed after a failed take-over.
        ErrorManagingDeleting = "error_managing_deleting",
        /// Gone.
        Deleted = "deleted",
    }
}

words! {
    /// Whether a volume is attached.
    AttachStatus {
        /// No attachment.
        Detached = "detached",
        /// An attachment is under way.
        Attaching = "attaching",
        /// At least one attachment is complete.
        Attached = "attached",
        /// The last attachment is being taken away.
        Detaching = "detaching",
        /// Promised, not connected.
        Reserved = "reserved",
        /// Attaching failed.
        ErrorAttaching = "error_attaching",
        /// Detaching failed.
        ErrorDetaching = "error_detaching",
        /// Gone with its volume.
        Deleted = "deleted",
    }
}

words! {
    /// How far a migration is. The API also knows `target:{id}` on the hidden destination volume.
    MigrationStatus {
        /// Accepted.
        Starting = "starting",
        /// Data is moving.
        Migrating = "migrating",
        /// The two volumes are changing places.
        Completing = "completing",
        /// Done.
        Success = "success",
        /// Failed; the volume is where it was.
        Error = "error",
        /// The source is being removed.
        Deleting = "deleting",
        /// Reset by an administrator.
        None = "none",
    }
}

impl MigrationStatus {
    /// Whether the volume may not be touched because of it: everything but no status, `deleting`, `error`,
    /// `success` and `none` counts as migrating.
    #[must_use]
    pub const fn is_migrating(self) -> bool {
        matches!(self, Self::Starting | Self::Migrating | Self::Completing)
    }
}

impl VolumeStatus {
    /// Whether an operation is under way in this status, so that a volume left in it would be stuck.
    #[must_use]
    pub const fn is_transitional(self) -> bool {
        matches!(
            self,
            Self::Creating
                | Self::Deleting
                | Self::Managing
                | Self::Extending
                | Self::Retyping
                | Self::Downloading
                | Self::Uploading
                | Self::Reverting
                | Self::Unmanaging
                | Self::RestoringBackup
                | Self::BackingUp
                | Self::ErrorManagingDeleting
        )
    }

    /// Whether the word says that something went wrong.
    #[must_use]
    pub fn is_error(self) -> bool {
        self.as_str().contains("error")
    }
}

/// A volume as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Identifier.
    pub id: VolumeId,
    /// Owner.
    pub project_id: ProjectId,
    /// Who asked for it.
    pub user_id: UserId,
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Size in GiB, as it is on the backend.
    pub size_gib: u64,
    /// Size in GiB that the quota and the pool are charged with: larger than `size_gib` while it is growing.
    pub charged_gib: u64,
    /// Whether the quota is charged at all (`consumes_quota` of 3.65).
    pub consumes_quota: bool,
    /// What it is doing.
    pub status: VolumeStatus,
    /// Where it goes back to after an interim status that remembers it.
    pub previous_status: Option<VolumeStatus>,
    /// Whether it is attached.
    pub attach_status: AttachStatus,
    /// How far a migration is.
    pub migration_status: Option<MigrationStatus>,
    /// Its type.
    pub volume_type_id: VolumeTypeId,
    /// Zone.
    pub availability_zone: String,
    /// Where it lives, `host@backend#pool`; none before it has been placed.
    pub host: Option<String>,
    /// Whether a machine can boot from it.
    pub bootable: bool,
    /// Whether it may have several attachments.
    pub multiattach: bool,
    /// Whether it may only be attached for reading; none means never said.
    pub readonly: Option<bool>,
    /// The snapshot that it was made from.
    pub snapshot_id: Option<SnapshotId>,
    /// The volume that it was made from.
    pub source_volid: Option<VolumeId>,
    /// The backup that it was made from.
    pub backup_id: Option<BackupId>,
    /// Its group.
    pub group_id: Option<GroupId>,
    /// The key that its content is encrypted with.
    pub encryption_key_id: Option<KeyId>,
    /// How far it is replicated, in the driver's words.
    pub replication_status: Option<String>,
    /// What the driver needs to find it.
    pub provider_location: Option<String>,
    /// What the backend calls it.
    pub provider_id: Option<String>,
    /// Pairs that its owner set.
    pub metadata: Metadata,
    /// Facts about the image that it was made from.
    pub image_metadata: Metadata,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
    /// When it first became available.
    pub launched_at: Option<Timestamp>,
    /// The identifier that its data on the backend are named by, when that is not its own.
    pub name_id: Option<VolumeId>,
    /// The volume that the compute service copies to this one, to which that will belong.
    pub migrates_for: Option<VolumeId>,
}

impl Volume {
    /// What its data on the backend are named by.
    #[must_use]
    pub fn name_on_backend(&self) -> VolumeId {
        self.name_id.unwrap_or(self.id)
    }

    /// What a snapshot or a copy of it keeps of the image that it was made from: nothing when it cannot be booted.
    #[must_use]
    pub fn remembered_image(&self) -> Metadata {
        if self.bootable { self.image_metadata.clone() } else { Metadata::default() }
    }

    /// Whether it may not be touched because it is being migrated, or migrated to.
    #[must_use]
    pub fn is_migrating(&self) -> bool {
        self.migrates_for.is_some() || self.migration_status.is_some_and(MigrationStatus::is_migrating)
    }
}
