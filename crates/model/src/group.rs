//! Groups of volumes, their types, and snapshots of whole groups.

use serde::{Deserialize, Serialize};

use crate::service::ReplicationStatus;
use crate::{
    GroupId, GroupSnapshotId, GroupTypeId, Metadata, ProjectId, Timestamp, UserId, VolumeTypeId, words,
};

/// The name of the type that consistency groups have, which are groups under another name.
pub const CONSISTENCY_GROUP_TYPE: &str = "default_cgsnapshot_type";

/// The value of a group spec that switches something on.
const SWITCHED_ON: &str = "<is> True";

words! {
    /// What a group is doing.
    GroupStatus {
        /// The last operation failed.
        Error = "error",
        /// Ready.
        Available = "available",
        /// Accepted; not yet there.
        Creating = "creating",
        /// Being removed.
        Deleting = "deleting",
        /// Gone.
        Deleted = "deleted",
        /// Volumes are being put in or taken out.
        Updating = "updating",
        /// In use.
        InUse = "in-use",
        /// Removing failed.
        ErrorDeleting = "error_deleting",
    }
}

words! {
    /// What a snapshot of a group is doing.
    GroupSnapshotStatus {
        /// The last operation failed.
        Error = "error",
        /// Ready.
        Available = "available",
        /// Accepted; not yet there.
        Creating = "creating",
        /// Being removed.
        Deleting = "deleting",
        /// Gone.
        Deleted = "deleted",
        /// Being changed.
        Updating = "updating",
        /// Removing failed.
        ErrorDeleting = "error_deleting",
    }
}

impl GroupStatus {
    /// Whether an operation is under way in this status.
    #[must_use]
    pub const fn is_transitional(self) -> bool {
        matches!(self, Self::Creating | Self::Deleting | Self::Updating)
    }
}

impl GroupSnapshotStatus {
    /// Whether an operation is under way in this status.
    #[must_use]
    pub const fn is_transitional(self) -> bool {
        matches!(self, Self::Creating | Self::Deleting | Self::Updating)
    }
}

/// A group as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Identifier.
    pub id: GroupId,
    /// Owner.
    pub project_id: ProjectId,
    /// Who asked for it.
    pub user_id: UserId,
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// What it is doing.
    pub status: GroupStatus,
    /// Zone of its volumes.
    pub availability_zone: String,
    /// `host@backend#pool` by which its backend was chosen; none until then.
    pub host: Option<String>,
    /// Its type.
    pub group_type_id: GroupTypeId,
    /// The snapshot of a group that it was made from.
    pub group_snapshot_id: Option<GroupSnapshotId>,
    /// The group that it was made from.
    pub source_group_id: Option<GroupId>,
    /// How its replication is.
    pub replication_status: ReplicationStatus,
    /// The site that its volumes work at since it was failed over; none is the first one.
    pub active_backend_id: Option<String>,
    /// The types that its volumes may have.
    pub volume_type_ids: Vec<VolumeTypeId>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
}

/// A snapshot of all volumes of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSnapshot {
    /// Identifier.
    pub id: GroupSnapshotId,
    /// The group that it is of.
    pub group_id: GroupId,
    /// Owner.
    pub project_id: ProjectId,
    /// Who asked for it.
    pub user_id: UserId,
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// What it is doing.
    pub status: GroupSnapshotStatus,
    /// Type of its group.
    pub group_type_id: GroupTypeId,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
}

/// A group type: what an administrator offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupType {
    /// Identifier.
    pub id: GroupTypeId,
    /// Unique name.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Whether every project may use it; others are for administrators.
    pub is_public: bool,
    /// What its groups are asked for.
    pub group_specs: Metadata,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
}

impl GroupType {
    /// Whether its groups are consistency groups under another name, which have requests of their own.
    #[must_use]
    pub fn is_of_consistency_groups(&self) -> bool {
        self.name == CONSISTENCY_GROUP_TYPE
    }

    /// Whether the snapshots of one group snapshot have to show the same moment.
    #[must_use]
    pub fn wants_consistency(&self) -> bool {
        self.is_on("consistent_group_snapshot_enabled")
    }

    /// Whether its groups are replicated.
    #[must_use]
    pub fn wants_replication(&self) -> bool {
        self.is_on("group_replication_enabled") || self.is_on("consistent_group_replication_enabled")
    }

    fn is_on(&self, key: &str) -> bool {
        self.group_specs.get(key) == Some(SWITCHED_ON)
    }
}
