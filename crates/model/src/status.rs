//! The status machine of volumes as a table: from where an operation may start, what it shows meanwhile, where it ends.
//!
//! The rows restate the Block Storage service's documented behaviour. Every change of status is one conditional
//! update against `from`; conditions beside the status (attached, migrating, has snapshots) are the operation's.

use crate::VolumeStatus::{self, *};

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The operation, as the API calls it.
    pub verb: &'static str,
    /// The statuses from which it may start.
    pub from: &'static [VolumeStatus],
    /// What the volume shows meanwhile.
    pub interim: VolumeStatus,
    /// Where it ends when it fails.
    pub failed: VolumeStatus,
}

/// Deleting.
pub const DELETE: Rule = Rule {
    verb: "delete",
    from: &[Available, Error, ErrorRestoring, ErrorExtending, ErrorManaging],
    interim: Deleting,
    failed: ErrorDeleting,
};

/// Growing a volume that is not attached.
pub const EXTEND: Rule =
    Rule { verb: "extend", from: &[Available], interim: Extending, failed: ErrorExtending };

/// Growing an attached volume (microversion 3.42).
pub const EXTEND_ATTACHED: Rule =
    Rule { verb: "extend", from: &[InUse], interim: Extending, failed: ErrorExtending };

/// Going back to the latest snapshot. The volume may then have either content.
pub const REVERT: Rule = Rule { verb: "revert", from: &[Available], interim: Reverting, failed: Error };

/// Getting the content of an image. The volume may then have parts of either.
pub const REIMAGE: Rule =
    Rule { verb: "reimage", from: &[Available, Error], interim: Downloading, failed: Error };

/// Letting go of a volume without deleting its data: from wherever it could be deleted.
pub const UNMANAGE: Rule =
    Rule { verb: "unmanage", from: DELETE.from, interim: Unmanaging, failed: ErrorUnmanaging };

impl Rule {
    /// Whether it may start from `status`.
    #[must_use]
    pub fn allows(&self, status: VolumeStatus) -> bool {
        self.from.contains(&status)
    }
}

/// The statuses that an administrator may set by hand (`os-reset_status`), in the documented order.
pub const RESETTABLE: &[VolumeStatus] = &[
    Creating,
    Available,
    Deleting,
    Error,
    ErrorDeleting,
    ErrorManaging,
    Managing,
    Attaching,
    InUse,
    Detaching,
    Maintenance,
    RestoringBackup,
    ErrorRestoring,
    Reserved,
    AwaitingTransfer,
    BackingUp,
    ErrorBackingUp,
    ErrorExtending,
    Downloading,
    Uploading,
    Retyping,
    Extending,
];

/// The statuses from which a volume may be migrated or retyped.
pub const MOVABLE: &[VolumeStatus] = &[Available, InUse];

/// The statuses from which an image may be made of a volume.
pub const UPLOADABLE: &[VolumeStatus] = &[Available];

/// The same by force, where `enable_force_upload` allows that.
pub const UPLOADABLE_BY_FORCE: &[VolumeStatus] = &[Available, InUse];

/// What a volume shows while an image is made of it.
pub const UPLOADING: VolumeStatus = Uploading;

/// What a volume shows while it gets another type.
pub const RETYPING: VolumeStatus = Retyping;

/// The statuses of a volume that may be the source of another.
pub const CLONEABLE: &[VolumeStatus] = &[Available, InUse];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interim_status_is_transitional_and_no_failure_is() {
        for rule in [DELETE, EXTEND, EXTEND_ATTACHED, REVERT, REIMAGE, UNMANAGE] {
            assert!(rule.interim.is_transitional(), "{}", rule.verb);
            assert!(!rule.failed.is_transitional() && rule.failed.is_error(), "{}", rule.verb);
            assert!(rule.from.iter().all(|status| !status.is_transitional()), "{}", rule.verb);
        }
    }

    #[test]
    fn a_failed_extension_can_be_deleted_but_a_busy_volume_cannot() {
        assert!(DELETE.allows(EXTEND.failed));
        for status in VolumeStatus::ALL.iter().filter(|status| status.is_transitional()) {
            assert!(!DELETE.allows(*status), "{status}");
        }
    }
}
