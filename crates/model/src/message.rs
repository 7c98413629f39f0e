//! User messages: why an accepted request failed later.

use serde::{Deserialize, Serialize};

use crate::{MessageId, ProjectId, Timestamp};

/// What was being done; the number and text are the API's (`cinder.message.message_field.Action`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each says itself in `text`")]
pub enum Action {
    ScheduleAllocateVolume,
    AttachVolume,
    CopyVolumeToImage,
    UpdateAttachment,
    CopyImageToVolume,
    UnmanageVolume,
    ExtendVolume,
    CreateVolumeFromBackend,
    SnapshotCreate,
    SnapshotDelete,
    SnapshotUpdate,
    SnapshotMetadataUpdate,
    BackupCreate,
    BackupDelete,
    BackupRestore,
    /// A backup was read, and is not what was written.
    BackupVerify,
    VolumeReimage,
    GroupCreate,
    GroupDelete,
    GroupUpdate,
    GroupEnableReplication,
    GroupDisableReplication,
    GroupFailOver,
    VolumeRevert,
    VolumeMigrate,
    VolumeRetype,
    FlattenVolume,
    VolumeDelete,
    /// Another site has taken over without this volume, or has not.
    FailOver,
}

impl Action {
    /// The two numbers of it that are on the wire: identifier and text.
    const fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::ScheduleAllocateVolume => ("001", "schedule allocate volume"),
            Self::AttachVolume => ("002", "attach volume"),
            Self::CopyVolumeToImage => ("003", "copy volume to image"),
            Self::UpdateAttachment => ("004", "update attachment"),
            Self::CopyImageToVolume => ("005", "copy image to volume"),
            Self::UnmanageVolume => ("006", "unmanage volume"),
            Self::ExtendVolume => ("007", "extend volume"),
            Self::CreateVolumeFromBackend => ("008", "create volume from backend storage"),
            Self::SnapshotCreate => ("009", "create snapshot"),
            Self::SnapshotDelete => ("010", "delete snapshot"),
            Self::SnapshotUpdate => ("011", "update snapshot"),
            Self::SnapshotMetadataUpdate => ("012", "update snapshot metadata"),
            Self::BackupCreate => ("013", "create backup"),
            Self::BackupDelete => ("014", "delete backup"),
            Self::BackupRestore => ("015", "restore backup"),
            Self::VolumeReimage => ("016", "reimage volume"),
            // The service has none for these, which are ours, far from its own.
            Self::GroupCreate => ("901", "create group"),
            Self::GroupDelete => ("902", "delete group"),
            Self::GroupUpdate => ("903", "update group"),
            Self::GroupEnableReplication => ("904", "enable replication of group"),
            Self::GroupDisableReplication => ("905", "disable replication of group"),
            Self::GroupFailOver => ("906", "fail over group"),
            Self::VolumeRevert => ("911", "revert volume to snapshot"),
            Self::VolumeMigrate => ("912", "migrate volume"),
            Self::VolumeRetype => ("913", "retype volume"),
            Self::FlattenVolume => ("914", "flatten volume"),
            Self::VolumeDelete => ("915", "delete volume"),
            Self::FailOver => ("921", "fail over"),
            Self::BackupVerify => ("931", "verify backup"),
        }
    }

    /// The three digits of it.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.parts().0
    }

    /// What it says before the colon of the message.
    #[must_use]
    pub const fn text(self) -> &'static str {
        self.parts().1
    }
}

/// A user message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Identifier.
    pub id: MessageId,
    /// Whose it is.
    pub project_id: ProjectId,
    /// The request that failed.
    pub request_id: Option<String>,
    /// `VOLUME`, `VOLUME_SNAPSHOT`, `VOLUME_BACKUP`.
    pub resource_type: String,
    /// The resource.
    pub resource_uuid: Option<String>,
    /// `VOLUME_VOLUME_001_003`.
    pub event_id: String,
    /// `ERROR`.
    pub level: String,
    /// The text.
    pub user_message: String,
    /// When it was written.
    pub created_at: Timestamp,
}

impl Message {
    /// Until when it is kept, if messages are kept for `ttl_s` seconds; in whole seconds.
    #[must_use]
    pub fn kept_until(&self, ttl_s: i64) -> Timestamp {
        let Timestamp(until) = self.created_at.plus_millis(ttl_s.saturating_mul(1000));
        Timestamp(until - until.rem_euclid(1_000_000))
    }
}
