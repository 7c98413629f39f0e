//! The devices of logical volumes.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use ports::volume::{Access, Disk, FileDisk, Here};
use ports::{DriverError, Work};

use super::LvmDriver;
use super::report::Lv;
use crate::volume::pace::Pace;

/// How much is wiped between two looks at whether that is still wanted.
const WIPE_BYTES: u64 = 16 << 20;

/// Where the device of a logical volume is.
pub(super) fn path(group: &str, name: &str) -> PathBuf {
    Path::new("/dev").join(group).join(name)
}

/// The device under a thick snapshot that keeps what its origin has changed since. The device mapper doubles the hyphens
/// that belong to a name.
pub(super) fn changes_path(group: &str, name: &str) -> PathBuf {
    Path::new("/dev/mapper").join(format!("{}-{}-cow", doubled(group), doubled(name)))
}

/// A name as the device mapper has it.
pub(super) fn doubled(text: &str) -> String {
    text.replace('-', "--")
}

impl LvmDriver {
    /// Opens the device of `lv`.
    pub(super) fn open(&self, lv: &Lv, access: Access) -> Result<Box<dyn Disk>, DriverError> {
        self.must_be_free(lv)?;
        self.activate_if_needed(lv)?;
        let path = path(self.group.name(), &lv.name);
        let disk = FileDisk::new(open(&path, access)?);
        let disk = disk.map_err(DriverError::io(format!("measuring {}", path.display())))?;
        let disk: Box<dyn Disk> = Box::new(disk);
        Ok(match &self.pace {
            Some(pace) => pace.hold(disk),
            None => disk,
        })
    }

    /// Where other processes find the device of `lv`.
    pub(super) fn show(&self, lv: &Lv) -> Result<Here, DriverError> {
        self.must_be_free(lv)?;
        self.activate_if_needed(lv)?;
        Here::of(path(self.group.name(), &lv.name), None)
    }

    pub(super) fn activate_if_needed(&self, lv: &Lv) -> Result<(), DriverError> {
        if lv.is_active { Ok(()) } else { self.group.activate(&lv.name) }
    }
}

fn open(path: &Path, access: Access) -> Result<File, DriverError> {
    let failure = || DriverError::io(format!("opening {}", path.display()));
    let file = OpenOptions::new().read(true).write(access == Access::Write).open(path).map_err(failure())?;
    if file.metadata().map_err(failure())?.file_type().is_block_device() {
        Ok(file)
    } else {
        Err(DriverError::Refused(format!("{} is not a block device", path.display())))
    }
}

/// Makes the first `at_most_bytes` of a device read as zeros.
pub(super) fn wipe(
    path: &Path,
    at_most_bytes: u64,
    pace: Option<&Pace>,
    work: &Work,
) -> Result<(), DriverError> {
    let failure = || DriverError::io(format!("wiping {}", path.display()));
    let disk = FileDisk::new(open(path, Access::Write)?).map_err(failure())?;
    let total = disk.size_bytes().min(at_most_bytes);
    work.set_total(total);
    let mut position = 0;
    while position < total {
        let length = (total - position).min(WIPE_BYTES);
        if let Some(pace) = pace {
            pace.wait(length);
        }
        disk.zero_at(position, length).map_err(failure())?;
        work.advance(length)?;
        position += length;
    }
    disk.sync().map_err(failure())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_mapper_doubles_hyphens() {
        let path = changes_path("cinder-volumes", "_snapshot-1");
        assert_eq!(path, Path::new("/dev/mapper/cinder--volumes-_snapshot--1-cow"));
    }
}
