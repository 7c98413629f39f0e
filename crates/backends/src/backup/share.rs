//! The stores `nfs` and `glusterfs`: a share that is mounted here, and then a directory as [`PosixStore`] keeps it.
//!
//! The share is mounted where Cinder mounts it: below `backup_mount_point_base`, in a directory that is named by the MD5
//! sum of its name. One that is mounted already stays as it is. Nothing is written while it is not: the directory below
//! would take it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;

use ports::backup::{BackupStore, FoundObject, ObjectName, StoreCapabilities};
use ports::exec::Call;
use ports::{DriverError, Exec, Work};

use super::posix::PosixStore;
use crate::object::remote::{hex, md5};

/// The classes by which Cinder's configuration and rows name these stores.
pub const NFS: &str = "cinder.backup.drivers.nfs.NFSBackupDriver";
/// As [`NFS`].
pub const GLUSTERFS: &str = "cinder.backup.drivers.glusterfs.GlusterfsBackupDriver";

/// A share, and how it is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The class of the store.
    pub service: &'static str,
    /// What `mount -t` is told.
    pub kind: &'static str,
    /// `host:/path`, or `host:volume`.
    pub name: String,
    /// What `mount -o` is told.
    pub options: Option<String>,
    /// Shares are mounted below this.
    pub base: PathBuf,
    /// How often mounting is tried.
    pub attempts: u32,
    /// The container of backups whose request names none.
    pub container: Option<String>,
}

/// Backups on a share.
#[derive(Debug)]
pub struct ShareStore {
    share: Share,
    at: PathBuf,
    exec: Exec,
    posix: PosixStore,
    mounting: Mutex<()>,
}

impl ShareStore {
    /// Backups on `share`. Nothing is mounted before the first call.
    #[must_use]
    pub fn new(share: Share, exec: Exec) -> Self {
        let at = share.base.join(hex(&md5(share.name.as_bytes())));
        let posix = PosixStore::new(at.clone()).called(share.service, share.container.clone());
        Self { share, at, exec, posix, mounting: Mutex::new(()) }
    }

    /// The directory, with the share on it.
    fn mounted(&self) -> Result<&PosixStore, DriverError> {
        if is_mounted(&self.at) {
            return Ok(&self.posix);
        }
        let _one_at_a_time = self.mounting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left = self.share.attempts.max(1);
        while !is_mounted(&self.at) {
            left -= 1;
            let mounted = self.mount();
            if let (Err(error), 0) = (mounted, left) {
                return Err(error);
            }
        }
        Ok(&self.posix)
    }

    fn mount(&self) -> Result<(), DriverError> {
        let at = &self.at;
        fs::create_dir_all(at).map_err(DriverError::io(format!("making {}", at.display())))?;
        let mut call = Call::new("mount").args(["-t", self.share.kind]);
        if let Some(options) = &self.share.options {
            call = call.args(["-o", options]);
        }
        self.exec.run(&Work::new(), &call.arg("--").arg(&self.share.name).arg(at))?;
        match is_mounted(at) {
            true => Ok(()),
            false => {
                Err(DriverError::Refused(format!("{} is not mounted on {}", self.share.name, at.display())))
            }
        }
    }
}

/// Whether something is mounted there (proc(5), `mountinfo`: the fifth field, with blanks and the like in octal).
fn is_mounted(at: &Path) -> bool {
    let Ok(mounts) = fs::read_to_string("/proc/self/mountinfo") else { return false };
    let path = fs::canonicalize(at).unwrap_or_else(|_| at.to_owned());
    let path = path.display().to_string().replace('\\', "\\134").replace(' ', "\\040");
    mounts.lines().any(|line| line.split(' ').nth(4) == Some(&path))
}

impl BackupStore for ShareStore {
    fn capabilities(&self) -> StoreCapabilities {
        self.posix.capabilities()
    }

    fn container(&self) -> Option<&str> {
        self.posix.container()
    }

    fn check(&self) -> Result<(), DriverError> {
        self.mounted()?.check()
    }

    fn put(&self, object: &ObjectName, bytes: &[u8]) -> Result<(), DriverError> {
        self.mounted()?.put(object, bytes)
    }

    fn get(&self, object: &ObjectName, most_bytes: u64) -> Result<Vec<u8>, DriverError> {
        self.mounted()?.get(object, most_bytes)
    }

    fn get_range(
        &self,
        object: &ObjectName,
        offset_bytes: u64,
        buffer: &mut [u8],
    ) -> Result<usize, DriverError> {
        self.mounted()?.get_range(object, offset_bytes, buffer)
    }

    fn list(&self, container: &str, prefix: &str) -> Result<Vec<FoundObject>, DriverError> {
        self.mounted()?.list(container, prefix)
    }

    fn object_bytes(&self, object: &ObjectName) -> Result<u64, DriverError> {
        self.mounted()?.object_bytes(object)
    }

    fn remove(&self, object: &ObjectName) -> Result<(), DriverError> {
        self.mounted()?.remove(object)
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        self.mounted()?.sweep()
    }
}

#[cfg(test)]
mod tests;
