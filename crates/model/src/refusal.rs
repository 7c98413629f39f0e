//! Why a request is refused, with the exact words that operators and clients of the Block Storage API know.

use thiserror::Error;

use crate::quota::Counted;

/// The noun in "{noun} {id} could not be found.".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each names itself")]
pub enum Noun {
    Volume,
    Snapshot,
    VolumeType,
    VolumeTypeByName,
    Service,
    Host,
    Message,
    Group,
    GroupSnapshot,
    GroupType,
    GroupTypeByName,
    Backup,
    Image,
    Operation,
    Transfer,
    QosSpecs,
}

/// A request that changes nothing, and why. `Display` is the message that the client reads.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[allow(missing_docs, reason = "the messages document the fields")]
pub enum Refusal {
    #[error("{}", not_found(*.noun, .id))]
    NotFound { noun: Noun, id: String },
    /// Something that is not there and has no identifier of its own.
    #[error("{0}")]
    Absent(String),
    #[error("Invalid volume: {0}")]
    InvalidVolume(String),
    #[error("Invalid snapshot: {0}")]
    InvalidSnapshot(String),
    #[error("Invalid backup: {0}")]
    InvalidBackup(String),
    #[error("Invalid volume type: {0}")]
    InvalidVolumeType(String),
    #[error("Invalid Group: {0}")]
    InvalidGroup(String),
    #[error("Invalid GroupSnapshot: {0}")]
    InvalidGroupSnapshot(String),
    #[error("Invalid group type: {0}")]
    InvalidGroupType(String),
    #[error("Invalid input received: {0}")]
    InvalidInput(String),
    #[error("Invalid auth key: {0}")]
    InvalidAuthKey(String),
    #[error("Invalid qos specs: {0}")]
    InvalidQosSpecs(String),
    /// A bad request whose message has no prefix.
    #[error("{0}")]
    BadRequest(String),
    #[error("{0}")]
    Conflict(String),
    #[error("{0}")]
    Forbidden(String),
    #[error(transparent)]
    OverQuota(#[from] OverQuota),
    #[error("{0}")]
    Unavailable(String),
    /// What was asked was tried, and failed; why, as far as the client is told.
    #[error("{0}")]
    Failed(String),
}

/// More was asked than a quota allows.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[allow(missing_docs, reason = "the messages document the fields")]
pub enum OverQuota {
    #[error("VolumeLimitExceeded: Maximum number of volumes allowed ({limit}) exceeded for quota '{name}'.")]
    Volumes { limit: i64, name: String },
    #[error(
        "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed {name} quota. \
         Requested {asked}G, quota is {limit}G and {used}G has been consumed."
    )]
    Gigabytes { asked: i64, limit: i64, used: i64, name: String },
    #[error(
        "VolumeSizeExceedsLimit: Requested volume size {asked}G is larger than maximum allowed limit {limit}G."
    )]
    PerVolume { asked: u64, limit: i64 },
    #[error("SnapshotLimitExceeded: Maximum number of snapshots allowed ({limit}) exceeded")]
    Snapshots { limit: i64 },
    #[error("BackupLimitExceeded: Maximum number of backups allowed ({limit}) exceeded")]
    Backups { limit: i64 },
    #[error(
        "VolumeBackupSizeExceedsAvailableQuota: Requested backup exceeds allowed Backup gigabytes quota. \
         Requested {asked}G, quota is {limit}G and {used}G has been consumed."
    )]
    BackupGigabytes { asked: i64, limit: i64, used: i64 },
    #[error("GroupLimitExceeded: Maximum number of groups allowed ({limit}) exceeded")]
    Groups { limit: i64 },
}

impl OverQuota {
    /// The refusal for `counted` under the limit called `name`.
    #[must_use]
    pub fn new(counted: Counted, name: String, asked: i64, limit: i64, used: i64) -> Self {
        match counted {
            Counted::Volumes => Self::Volumes { limit, name },
            Counted::Gigabytes => Self::Gigabytes { asked, limit, used, name },
            Counted::Snapshots => Self::Snapshots { limit },
            Counted::Backups => Self::Backups { limit },
            Counted::BackupGigabytes => Self::BackupGigabytes { asked, limit, used },
            Counted::Groups => Self::Groups { limit },
        }
    }
}

impl Refusal {
    /// "{noun} {id} could not be found."
    #[must_use]
    pub fn not_found(noun: Noun, id: impl ToString) -> Self {
        Self::NotFound { noun, id: id.to_string() }
    }
}

fn not_found(noun: Noun, id: &str) -> String {
    match noun {
        Noun::Volume => format!("Volume {id} could not be found."),
        Noun::Snapshot => format!("Snapshot {id} could not be found."),
        Noun::VolumeType => format!("Volume type {id} could not be found."),
        Noun::VolumeTypeByName => format!("Volume type with name {id} could not be found."),
        Noun::Service => format!("Service {id} could not be found."),
        Noun::Host => format!("Host {id} could not be found."),
        Noun::Message => format!("Message {id} could not be found."),
        Noun::Group => format!("Group {id} could not be found."),
        Noun::GroupSnapshot => format!("GroupSnapshot {id} could not be found."),
        Noun::GroupType => format!("Group type {id} could not be found."),
        Noun::GroupTypeByName => format!("Group type with name {id} could not be found."),
        Noun::Backup => format!("Backup {id} could not be found."),
        Noun::Image => format!("Image {id} could not be found."),
        Noun::Operation => format!("Operation {id} could not be found."),
        Noun::Transfer => format!("Transfer {id} could not be found."),
        Noun::QosSpecs => format!("No such QoS spec {id}."),
    }
}
