//! The options of the LVM driver, by their names in the configuration.

use config::{OptionError, Section};

use crate::target::TargetOptions;
use crate::volume::options::{natural, only_pool, required};

/// `lvm_type`: how space is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LvmType {
    /// All of it when the volume is made.
    Default,
    /// As it is written, from a pool.
    Thin,
    /// Thin where the group has a pool, or is empty and can have one.
    Auto,
}

/// What an LVM backend is to be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LvmOptions {
    /// `volume_group`.
    pub volume_group: String,
    /// `lvm_type`.
    pub lvm_type: LvmType,
    /// `lvm_mirrors`: further copies of each thick volume, on other physical volumes.
    pub mirrors: u64,
    /// `volume_clear`: whether thick volumes are wiped when they go.
    pub wipe: bool,
    /// `volume_clear_size`: how many MiB from the start are wiped; 0 means all.
    pub wipe_mib: u64,
    /// How its volumes are offered.
    pub target: TargetOptions,
    /// The name of its only pool in reports.
    pub report_as: String,
}

impl LvmOptions {
    /// The volume group `name`, thick, wiped, offered as `target` says.
    #[must_use]
    pub fn new(volume_group: String, target: TargetOptions) -> Self {
        let report_as = volume_group.clone();
        Self {
            volume_group,
            lvm_type: LvmType::Default,
            mirrors: 0,
            wipe: true,
            wipe_mib: 0,
            target,
            report_as,
        }
    }

    /// What a section of the configuration says.
    ///
    /// # Errors
    /// A value is not one of its option.
    pub fn from_section(section: &Section<'_>) -> Result<Self, OptionError> {
        Ok(Self {
            volume_group: required(section, "volume_group")?,
            lvm_type: match section.text("lvm_type")?.as_str() {
                "default" => LvmType::Default,
                "thin" => LvmType::Thin,
                _ => LvmType::Auto,
            },
            mirrors: natural(section, "lvm_mirrors")?.unwrap_or(0),
            wipe: section.text("volume_clear")? != "none",
            wipe_mib: natural(section, "volume_clear_size")?.unwrap_or(0),
            target: TargetOptions::from_section(section)?,
            report_as: only_pool(section)?,
        })
    }

    /// The thin pool, named as Cinder names it.
    pub(super) fn pool_name(&self) -> String {
        format!("{}-pool", self.volume_group)
    }
}
