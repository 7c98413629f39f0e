//! The nouns of the house and the rules between them: pure, synchronous, without a clock, SQL or HTTP.
//!
//! Everything else imports this crate; it imports nothing of ours.

pub mod attachment;
pub mod backup;
pub mod backup_policy;
mod base;
pub mod connector;
pub mod encryption;
pub mod group;
pub mod ids;
pub mod image;
pub mod limits;
pub mod message;
pub mod metadata;
pub mod metadef;
pub mod pool;
pub mod qos;
pub mod quota;
pub mod refusal;
pub mod retention;
pub mod schedule;
pub mod secret;
pub mod service;
pub mod snapshot;
pub mod status;
mod template;
pub mod timestamp;
pub mod transfer;
pub mod volume;
pub mod volume_type;
pub mod words;

pub use attachment::{AttachMode, Attachment, ConnectionInfo};
pub use backup::{Backup, BackupStatus};
pub use backup_policy::BackupPolicy;
pub use base::{Base, BaseStatus};
pub use connector::Connector;
pub use group::{Group, GroupSnapshot, GroupSnapshotStatus, GroupStatus, GroupType};
pub use ids::{
    AttachmentId, BackupId, BackupPolicyId, BaseId, EncryptionId, GroupId, GroupSnapshotId, GroupTypeId,
    ImageId, KeyId, MessageId, OperationId, ProjectId, QosSpecsId, SnapshotId, TemplateId, TransferId,
    UserId, VolumeId, VolumeTypeId,
};
pub use image::{Image, ImageLocation, ImageMember, ImageStatus, ImageVisibility, MemberStatus};
pub use metadata::Metadata;
pub use refusal::Refusal;
pub use snapshot::{Snapshot, SnapshotStatus};
pub use template::{Desktop, Generation, GenerationStatus, Template};
pub use timestamp::Timestamp;
pub use transfer::Transfer;
pub use volume::{AttachStatus, MigrationStatus, Volume, VolumeStatus};
pub use volume_type::VolumeType;

/// Bytes in one GiB, the unit in which volumes are asked for and charged.
pub const GIB: u64 = 1 << 30;
