//! Identifiers. Ours are random UUIDs; projects and users are named by the identity service in its own form.
//!
//! Those of operations begin with the time, so that those that are made together lie together in an index: a commit of
//! many writes few of its pages.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::Timestamp;

macro_rules! uuid_id {
    ($($(#[$meta:meta])* $name:ident,)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new random identifier.
            #[must_use]
            #[allow(clippy::disallowed_methods, reason = "the one place where identifiers are made")]
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }

            /// The identifier with these bytes.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bytes behind the identifier.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// Hands over the text that `Display` writes, without the machinery of formatting.
            pub fn with_text<R>(self, use_it: impl FnOnce(&str) -> R) -> R {
                use_it(self.0.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0.as_hyphenated(), f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.as_hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

uuid_id! {
    /// A volume.
    VolumeId,
    /// A snapshot of a volume.
    SnapshotId,
    /// A volume type.
    VolumeTypeId,
    /// A generic volume group.
    GroupId,
    /// A user message.
    MessageId,
    /// A durable operation.
    OperationId,
    /// An attachment of a volume.
    AttachmentId,
    /// An offer of a volume to another project.
    TransferId,
    /// A backup of a volume.
    BackupId,
    /// A policy of backups.
    BackupPolicyId,
    /// A group type.
    GroupTypeId,
    /// A snapshot of a group.
    GroupSnapshotId,
    /// A set of QoS specs.
    QosSpecsId,
    /// An image.
    ImageId,
    /// An encryption of a volume type.
    EncryptionId,
    /// A key in a key manager.
    KeyId,
    /// A base on a backend: content on which volumes stand, or from which they are cloned.
    BaseId,
    /// A template of desktops.
    TemplateId,
}

impl OperationId {
    /// A new identifier of what is admitted at `now`: a UUID of version 7 (RFC 9562, section 5.7).
    #[must_use]
    pub fn admitted_at(now: Timestamp) -> Self {
        let millis = u64::try_from(now.0 / 1000).unwrap_or_default();
        // Those of a random one, whose version and variant are where those of this one go.
        let mut random = [0; 10];
        random.copy_from_slice(&Self::random().0.as_bytes()[6..]);
        Self(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

macro_rules! foreign_id {
    ($($(#[$meta:meta])* $name:ident,)+) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// Takes the identity service's own text for it.
            #[must_use]
            pub fn new(text: impl Into<Box<str>>) -> Self {
                Self(text.into())
            }

            /// The text of it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )+};
}

foreign_id! {
    /// A project of the identity service.
    ProjectId,
    /// A user of the identity service.
    UserId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_numbered_by_time() {
        let at = |millis: i64| OperationId::admitted_at(Timestamp(millis * 1000 + 999));
        let (first, second, later) = (at(1_763_762_400_000), at(1_763_762_400_000), at(1_763_762_400_001));
        assert_ne!(first, second);
        assert!(first < later && second < later);
        assert!(first.to_string() < later.to_string(), "as the databases compare them");
        assert_eq!(first.uuid().get_version_num(), 7);
        assert_eq!(first.uuid().get_variant(), uuid::Variant::RFC4122);
        assert_eq!(&first.to_string()[..13], "019aa86e-6b00");
    }

    #[test]
    fn a_clock_before_its_epoch_numbers_too() {
        assert_ne!(OperationId::admitted_at(Timestamp(-1)), OperationId::admitted_at(Timestamp(-1)));
    }
}
