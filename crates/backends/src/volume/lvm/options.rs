//! The options of the LVM driver, by their names in the configuration.

use std::path::{Path, PathBuf};

use config::{OptionError, Section, Shown, Why};
use model::GIB;

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

/// What a LUN is reached by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// iSCSI.
    Iscsi,
    /// Fibre Channel.
    FibreChannel,
}

impl Protocol {
    /// As hosts are told.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Iscsi => "iscsi",
            Self::FibreChannel => "fibre_channel",
        }
    }

    /// As backends report it.
    pub(super) const fn reported(self) -> &'static str {
        match self {
            Self::Iscsi => "iSCSI",
            Self::FibreChannel => "FC",
        }
    }
}

/// The LUN of a SAN that a volume group lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lun {
    /// `target_helper`: `iscsisan` or `fcsan`.
    pub protocol: Protocol,
    /// `target_lun`.
    pub number: Option<u64>,
}

impl Lun {
    /// What a section of the configuration says.
    ///
    /// # Errors
    /// A value is not one of its option.
    pub fn from_section(section: &Section<'_>) -> Result<Self, OptionError> {
        let is_fibre_channel = section.text("target_helper")? == "fcsan";
        let protocol = if is_fibre_channel { Protocol::FibreChannel } else { Protocol::Iscsi };
        Ok(Self { protocol, number: natural(section, "target_lun")? })
    }
}

/// What an LVM backend is to be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LvmOptions {
    /// `volume_group`.
    pub volume_group: String,
    /// How many bytes a GiB has. It has fewer only where every promise is tried on a slow machine.
    pub gib_bytes: u64,
    /// `lvm_type`.
    pub lvm_type: LvmType,
    /// `lvm_mirrors`: further copies of each thick volume, on other physical volumes.
    pub mirrors: u64,
    /// `volume_clear`: whether thick volumes are wiped when they go.
    pub wipe: bool,
    /// `volume_clear_size`: how many MiB from the start are wiped; 0 means all.
    pub wipe_mib: u64,
    /// `volume_clear_ionice`: how `ionice` is told to treat the wiping; nothing leaves it as it is.
    pub wipe_ionice: Vec<String>,
    /// `volume_copy_bps_limit`: how fast all copies together may be; 0 means as fast as they can.
    pub copy_bytes_per_second: u64,
    /// The directory of `lvm_conf_file`, when that is there: what LVM's programs go by instead of `/etc/lvm`.
    pub system_dir: Option<PathBuf>,
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
            gib_bytes: GIB,
            lvm_type: LvmType::Default,
            mirrors: 0,
            wipe: true,
            wipe_mib: 0,
            wipe_ionice: Vec::new(),
            copy_bytes_per_second: 0,
            system_dir: None,
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
            gib_bytes: GIB,
            lvm_type: match section.text("lvm_type")?.as_str() {
                "default" => LvmType::Default,
                "thin" => LvmType::Thin,
                _ => LvmType::Auto,
            },
            mirrors: natural(section, "lvm_mirrors")?.unwrap_or(0),
            wipe: section.text("volume_clear")? != "none",
            wipe_mib: natural(section, "volume_clear_size")?.unwrap_or(0),
            wipe_ionice: ionice(section)?,
            copy_bytes_per_second: natural(section, "volume_copy_bps_limit")?.unwrap_or(0),
            system_dir: system_dir(section)?,
            target: TargetOptions::from_section(section)?,
            report_as: only_pool(section)?,
        })
    }

    /// The thin pool, named as Cinder names it.
    pub(super) fn pool_name(&self) -> String {
        format!("{}-pool", self.volume_group)
    }
}

/// Arguments that `ionice` may have: nothing that would have it start a program.
fn ionice(section: &Section<'_>) -> Result<Vec<String>, OptionError> {
    let key = "volume_clear_ionice";
    let text = section.nonempty(key)?.unwrap_or_default();
    let is_class = |word: &str| matches!(word, "-c0" | "-c1" | "-c2" | "-c3");
    let is_level = |word: &str| {
        word.strip_prefix("-n")
            .is_some_and(|level| matches!(level, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7"))
    };
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    if words.iter().all(|word| is_class(word) || is_level(word)) {
        return Ok(words);
    }
    Err(OptionError {
        section: section.name().into(),
        key: key.into(),
        place: section.place_of(key),
        value: Shown::Text(text.into()),
        why: Why::NotAmong(vec!["-c1", "-c2", "-c3", "-n0 to -n7"]),
    })
}

/// As Cinder: the file counts when it is there.
fn system_dir(section: &Section<'_>) -> Result<Option<PathBuf>, OptionError> {
    let file = PathBuf::from(section.text("lvm_conf_file")?);
    Ok(if file.is_file() { file.parent().map(Path::to_owned) } else { None })
}
