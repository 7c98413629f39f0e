//! A volume as other processes of the same machine find it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Access, Disk, DriverError, FileDisk};
use crate::{Exec, nbd};

/// Which run of which kernel this is: processes that find the same here are on one machine, be it in several containers.
const MACHINE: &str = "/proc/sys/kernel/random/boot_id";

/// What this machine is called until it is started again.
///
/// # Errors
/// The kernel does not say.
pub fn machine() -> io::Result<String> {
    fs::read_to_string(MACHINE).map(|text| text.trim().to_owned())
}

/// Where a volume lies on this machine, for other processes that read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    path: PathBuf,
    file: Identity,
    /// How QEMU gets at what is not the bytes of the disk.
    node: Option<Value>,
}

/// Which file it is, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Identity {
    File { device: u64, inode: u64 },
    Device { number: u64 },
}

impl Identity {
    fn of(file: &fs::Metadata) -> Self {
        match file.file_type().is_block_device() {
            true => Self::Device { number: file.rdev() },
            false => Self::File { device: file.dev(), inode: file.ino() },
        }
    }
}

impl Here {
    /// The file or block device `path`, whose bytes are the disk, unless `node` (a block node in the words of QEMU's
    /// `blockdev-add`, as [`nbd::open`] takes it) says otherwise.
    ///
    /// # Errors
    /// It is not there.
    pub fn of(path: PathBuf, node: Option<Value>) -> Result<Self, DriverError> {
        let found = fs::metadata(&path).map_err(DriverError::io(format!("looking at {}", path.display())))?;
        Ok(Self { file: Identity::of(&found), path, node })
    }

    /// Opens it for reading; `what` names it in errors.
    ///
    /// # Errors
    /// This process may not read it, or finds another file there: it is on another machine, or has other mounts.
    pub fn open(&self, exec: &Exec, what: &str) -> Result<Box<dyn Disk>, DriverError> {
        let path = self.path.display();
        let failed = || DriverError::io(format!("opening {path}"));
        let file = File::open(&self.path).map_err(failed())?;
        if Identity::of(&file.metadata().map_err(failed())?) != self.file {
            let why = format!("{path} is not {what} for this process, but another file");
            return Err(DriverError::Refused(why));
        }
        match &self.node {
            None => Ok(Box::new(FileDisk::new(file).map_err(failed())?)),
            Some(node) => nbd::open(exec, what, node, Access::Read),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_file_of_that_name_is_not_taken_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("volume");
        fs::write(&path, [7; 4096]).unwrap();
        let here = Here::of(path.clone(), None).unwrap();
        let text = serde_json::to_string(&here).unwrap();
        let told: Here = serde_json::from_str(&text).unwrap();
        let mut found = [0; 4096];
        told.open(&Exec::direct(), "it").unwrap().read_at(&mut found, 0).unwrap();
        assert_eq!(found, [7; 4096]);

        fs::write(dir.path().join("other"), [8; 4096]).unwrap();
        fs::rename(dir.path().join("other"), &path).unwrap();
        let refused = told.open(&Exec::direct(), "it").unwrap_err();
        assert!(matches!(refused, DriverError::Refused(_)), "{refused}");
        fs::remove_file(&path).unwrap();
        assert!(told.open(&Exec::direct(), "it").unwrap_err().may_pass());
        assert!(Here::of(path, None).is_err());
    }
}
