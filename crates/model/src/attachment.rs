//! Attachments: who uses a volume, from where, and how.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{AttachStatus, AttachmentId, Connector, ProjectId, Timestamp, VolumeId, VolumeStatus, words};

words! {
    /// How a volume is attached.
    AttachMode {
        /// For reading and writing.
        ReadWrite = "rw",
        /// For reading only.
        ReadOnly = "ro",
    }
}

/// An attachment as the store keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachment {
    /// Identifier.
    pub id: AttachmentId,
    /// The volume.
    pub volume_id: VolumeId,
    /// Owner of the volume.
    pub project_id: ProjectId,
    /// The server, as Nova names it; none when a host uses the volume itself.
    pub instance_uuid: Option<String>,
    /// The host of the server.
    pub attached_host: Option<String>,
    /// Where the server has it: `/dev/vdb`.
    pub mountpoint: Option<String>,
    /// How far it is.
    pub status: AttachStatus,
    /// How it is attached; none while nobody has said.
    pub mode: Option<AttachMode>,
    /// The host that connects; none while the volume is only promised.
    pub connector: Option<Connector>,
    /// How the host gets at the volume, every key on one level; may hold passwords of the storage.
    pub connection_info: Option<ConnectionInfo>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
    /// Since when it is attached.
    pub attached_at: Option<Timestamp>,
}

/// How a host gets at a volume. May hold passwords of the storage, and therefore does not print.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionInfo(pub Map<String, Value>);

impl ConnectionInfo {
    /// Reads what [`ConnectionInfo::to_json`] wrote.
    ///
    /// # Errors
    /// The text is something else.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// All of it as JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Debug for ConnectionInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// What a volume is because of its attachments: the status that comes first by its word among those that did not fail,
/// and `detached` without any. A volume that is attached is `in-use`.
#[must_use]
pub fn derive_status(attachments: impl IntoIterator<Item = AttachStatus>) -> (VolumeStatus, AttachStatus) {
    let live = attachments.into_iter().filter(|status| !status.as_str().starts_with("error_"));
    match live.min_by_key(|status| status.as_str()) {
        None | Some(AttachStatus::Detached) => (VolumeStatus::Available, AttachStatus::Detached),
        Some(AttachStatus::Attaching) => (VolumeStatus::Attaching, AttachStatus::Attaching),
        Some(AttachStatus::Detaching) => (VolumeStatus::Detaching, AttachStatus::Detaching),
        Some(AttachStatus::Reserved) => (VolumeStatus::Reserved, AttachStatus::Reserved),
        Some(_) => (VolumeStatus::InUse, AttachStatus::Attached),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_among_those_that_did_not_fail_counts() {
        use AttachStatus::{
            Attached, Attaching, Detached, Detaching, ErrorAttaching, ErrorDetaching, Reserved,
        };
        for (attachments, status, attach_status) in [
            (&[][..], VolumeStatus::Available, Detached),
            (&[ErrorAttaching, ErrorDetaching][..], VolumeStatus::Available, Detached),
            (&[Reserved, ErrorAttaching][..], VolumeStatus::Reserved, Reserved),
            (&[Reserved, Detaching][..], VolumeStatus::Detaching, Detaching),
            (&[Detaching, Attaching, Reserved][..], VolumeStatus::Attaching, Attaching),
            (&[Reserved, Attaching, Attached][..], VolumeStatus::InUse, Attached),
        ] {
            let derived = derive_status(attachments.iter().copied());
            assert_eq!(derived, (status, attach_status), "{attachments:?}");
        }
    }

    #[test]
    fn what_may_hold_a_password_prints_only_its_keys() {
        let info = ConnectionInfo::from_json(r#"{"auth_password": "s3cr3t", "target_lun": 1}"#).unwrap();
        assert_eq!(format!("{info:?}"), r#"["auth_password", "target_lun"]"#);
    }
}
