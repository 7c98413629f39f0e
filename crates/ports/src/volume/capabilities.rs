//! What a driver can do, as a plain value.

use crate::copy::Target;

/// How space is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provisioning {
    /// As it is written.
    Thin,
    /// All of it when the volume is made.
    Thick,
}

/// What a driver can do. It drives placement, the API's capability report, and which tests run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Who made the storage, as reported.
    pub vendor: &'static str,
    /// The protocol or access path, as reported (`file`, `iSCSI`, …).
    pub storage_protocol: &'static str,
    /// How space is taken.
    pub provisioning: Provisioning,
    /// Whether space that was never written reads as zeros, in a new volume or after growing. What does not holds what
    /// was on the disk before.
    pub unwritten_is_zero: bool,
    /// Whether a volume can have several attachments.
    pub multiattach: bool,
    /// Whether an attached volume can grow.
    pub online_extend: bool,
    /// Whether other processes of this machine can read the volumes ([`super::VolumeDriver::here`]).
    pub shows_volumes: bool,
    /// Whether [`super::VolumeDriver::connect`] leads other machines to the volumes over iSCSI, whoever they are.
    pub offers_volumes: bool,
    /// Whether a snapshot of an attached volume is taken at one moment.
    pub online_snapshot: bool,
}

impl Capabilities {
    /// What is on a volume that was just made, for whoever copies something to it.
    #[must_use]
    pub const fn on_a_new_volume(&self) -> Target {
        if self.unwritten_is_zero { Target::Blank } else { Target::Unknown }
    }
}
