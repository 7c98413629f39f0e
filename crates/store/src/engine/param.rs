//! Values that go into a statement.

use model::{
    AttachmentId, BackupId, EncryptionId, GroupId, GroupSnapshotId, GroupTypeId, ImageId, KeyId, MessageId,
    OperationId, ProjectId, QosSpecsId, SnapshotId, Timestamp, TransferId, UserId, VolumeId, VolumeTypeId,
};

/// One value for one `?`.
#[derive(Debug, Clone, PartialEq)]
pub enum Param<'a> {
    /// SQL NULL.
    Null,
    /// A whole number; booleans are 0 and 1.
    Int(i64),
    /// A fraction.
    Real(f64),
    /// Borrowed text.
    Text(&'a str),
    /// Text made for this statement.
    Owned(String),
}

/// Places for `count` values, between the brackets of an `IN` or a `VALUES`.
pub(crate) fn places(count: usize) -> String {
    vec!["?"; count].join(", ")
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u64> for Param<'_> {
    fn from(value: u64) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<u8> for Param<'_> {
    fn from(value: u8) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<usize> for Param<'_> {
    fn from(value: usize) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Param<'_> {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<bool> for Param<'_> {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Param<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl From<String> for Param<'_> {
    fn from(value: String) -> Self {
        Self::Owned(value)
    }
}

impl<'a, T> From<Option<T>> for Param<'a>
where
    Param<'a>: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Param::from)
    }
}

impl<'a> From<&'a Option<String>> for Param<'a> {
    fn from(value: &'a Option<String>) -> Self {
        value.as_deref().map_or(Self::Null, Self::Text)
    }
}

impl From<Timestamp> for Param<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.0)
    }
}

macro_rules! from_id {
    ($($id:ty),+) => {$(
        impl From<$id> for Param<'_> {
            fn from(value: $id) -> Self {
                Self::Owned(value.to_string())
            }
        }
    )+};
}

from_id!(
    AttachmentId,
    BackupId,
    model::BackupPolicyId,
    model::BaseId,
    model::TemplateId,
    EncryptionId,
    GroupId,
    GroupSnapshotId,
    GroupTypeId,
    ImageId,
    KeyId,
    MessageId,
    OperationId,
    QosSpecsId,
    SnapshotId,
    TransferId,
    VolumeId,
    VolumeTypeId
);

macro_rules! from_foreign_id {
    ($($id:ty),+) => {$(
        impl<'a> From<&'a $id> for Param<'a> {
            fn from(value: &'a $id) -> Self {
                Self::Text(value.as_str())
            }
        }
    )+};
}

from_foreign_id!(ProjectId, UserId);

macro_rules! from_words {
    ($($words:ty),+) => {$(
        impl From<$words> for Param<'_> {
            fn from(value: $words) -> Self {
                Self::Text(value.as_str())
            }
        }
    )+};
}

from_words!(
    model::BackupStatus,
    model::backup_policy::Chore,
    model::backup_policy::Verdict,
    model::backup_policy::VerifyBy,
    model::BaseStatus,
    model::GenerationStatus,
    model::VolumeStatus,
    model::AttachMode,
    model::AttachStatus,
    model::MigrationStatus,
    model::SnapshotStatus,
    model::qos::QosConsumer,
    model::encryption::ControlLocation,
    model::ImageStatus,
    model::ImageVisibility,
    model::MemberStatus,
    model::image::TaskStatus,
    model::metadef::NamespaceVisibility,
    model::GroupStatus,
    model::GroupSnapshotStatus,
    model::service::ReplicationStatus,
    model::service::Binary
);
