//! SCSI disks of this host, as the kernel shows them in sysfs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::VolumeId;
use ports::ExecError;

use crate::AttachError;
use crate::machine::{Machine, Program};

/// Bytes of what the kernel calls a sector, whatever the disk's own is.
const SECTOR_BYTES: u64 = 512;
/// Most bytes of a disk's page that are read.
const MAX_PAGE_BYTES: usize = 4096;
/// How long the kernel may take to forget a disk.
const GONE_WITHIN: Duration = Duration::from_secs(20);
/// The state of a disk that the kernel has given up (`scsi_sysfs.c`).
const GIVEN_UP: &str = "offline";
/// How long to wait between two looks.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A disk at the end of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    /// Its SCSI device: `…/target0:0:0/0:0:0:1`.
    dir: PathBuf,
    /// The name of its block device: `sda`.
    pub(super) name: String,
}

/// The names in a directory, sorted; none where there is no such directory.
pub(super) fn names_in(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort_unstable();
    names
}

/// What a file of sysfs says, if it is there.
pub(super) fn says(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

/// Looks until `found` finds something.
pub(super) fn wait_for<T>(
    machine: &dyn Machine,
    within: Duration,
    mut found: impl FnMut() -> Option<T>,
) -> Option<T> {
    let looks = within.as_millis() / LOOK_EVERY.as_millis();
    for _ in 0..looks {
        if let Some(found) = found() {
            return Some(found);
        }
        machine.pause(LOOK_EVERY);
    }
    found()
}

/// How large a block device is, in bytes.
pub(super) fn size_bytes(machine: &dyn Machine, name: &str) -> Option<u64> {
    let sectors: u64 = says(&machine.at("sys/class/block").join(name).join("size"))?.parse().ok()?;
    sectors.checked_mul(SECTOR_BYTES)
}

/// Writes back what the system still holds of a device.
pub(super) fn flush(machine: &dyn Machine, device: &Path) -> Result<(), ExecError> {
    let device = device.display().to_string();
    machine.run(&Program::new("blockdev", &["--flushbufs", &device])).map(drop)
}

impl Unit {
    /// The disk whose SCSI device is at `dir`, once it has a block device.
    pub(super) fn at(dir: &Path) -> Option<Self> {
        let name = names_in(&dir.join("block")).into_iter().next()?;
        Some(Self { dir: dir.to_owned(), name })
    }

    /// Its node.
    pub(super) fn node(&self, machine: &dyn Machine) -> PathBuf {
        machine.at("dev").join(&self.name)
    }

    /// What it calls itself for all its paths, in the words of scsi_id(8) and multipath(8).
    pub(super) fn wwid(&self, machine: &dyn Machine) -> Option<String> {
        let says = says(&self.dir.join("wwid")).unwrap_or_default();
        match says.split_once('.') {
            Some(("naa", digits)) => Some(format!("3{digits}")),
            Some(("eui", digits)) => Some(format!("2{digits}")),
            _ => {
                let device = format!("--device={}", self.node(machine).display());
                let program =
                    Program::new("/lib/udev/scsi_id", &["--page", "0x83", "--whitelisted", &device]);
                let told = machine.run(&program).ok()?;
                told.lines().next().map(str::trim).filter(|wwid| !wwid.is_empty()).map(str::to_owned)
            }
        }
    }

    /// Refuses a disk that bears the identifier of another volume. Targets that number their units by something else are
    /// believed.
    pub(super) fn check_serial(&self, volume: VolumeId) -> Result<(), AttachError> {
        let Some(says) = self.serial() else { return Ok(()) };
        match says.parse::<VolumeId>() {
            Ok(other) if other != volume => Err(AttachError::WrongDevice {
                device: self.name.clone(),
                says,
                expected: volume.to_string(),
            }),
            _ => Ok(()),
        }
    }

    /// Its serial number (SPC-5, 7.7.19: four bytes, then the number).
    fn serial(&self) -> Option<String> {
        let page = fs::read(self.dir.join("vpd_pg80")).ok().filter(|page| page.len() <= MAX_PAGE_BYTES)?;
        let text = String::from_utf8(page.get(4..)?.to_vec()).ok()?;
        Some(text.trim_matches(|c: char| c == '\0' || c.is_whitespace()).to_owned())
    }

    /// Whether the kernel has given the disk up: it did not answer for long, nor did resetting it help.
    pub(super) fn is_given_up(&self) -> bool {
        says(&self.dir.join("state")).is_some_and(|state| state == GIVEN_UP)
    }

    /// Has the kernel speak to a disk again that it has given up: it never does so by itself.
    pub(super) fn revive(&self, machine: &dyn Machine) {
        if !self.is_given_up() {
            return;
        }
        tracing::warn!(device = self.name, "the kernel has given the disk up; it is to try again");
        if let Err(error) = machine.order(&self.dir.join("state"), "running") {
            // Whoever uses the disk is told.
            tracing::warn!(device = self.name, %error, "it does not");
        }
    }

    /// Has the kernel ask the disk for its size again.
    pub(super) fn rescan(&self, machine: &dyn Machine) -> Result<(), AttachError> {
        let order = self.dir.join("rescan");
        machine.order(&order, "1").map_err(AttachError::io(format!("rescanning {}", self.name)))
    }

    /// Has the kernel forget the disk.
    pub(super) fn remove(&self, machine: &dyn Machine) -> Result<(), AttachError> {
        forget(machine, &self.dir)
    }
}

/// Has the kernel forget the SCSI device at `dir`, whether it has a block device by now or not.
pub(super) fn forget(machine: &dyn Machine, dir: &Path) -> Result<(), AttachError> {
    let doing = || format!("removing {}", dir.display());
    match machine.order(&dir.join("delete"), "1") {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(AttachError::io(doing())(error)),
        _ => {}
    }
    let gone = wait_for(machine, GONE_WITHIN, || (!dir.exists()).then_some(()));
    gone.ok_or_else(|| AttachError::io(doing())(io::ErrorKind::TimedOut.into()))
}
