//! The store `posix`: each object is a file below a directory of this host, or of a share that is mounted there.
//!
//! A container is a path of directories below `backup_posix_path`. What is being written lies in `.unfinished`, locked
//! by whoever writes it, and is renamed to its place when it is whole: other services that share the directory see
//! only whole objects, and the sweep of one never removes what another is writing.

mod root;

use std::path::PathBuf;

use ports::DriverError;
use ports::backup::{BackupStore, FoundObject, ObjectName, StoreCapabilities};

use self::root::Root;

/// The class by which Cinder's configuration and rows name this store.
pub const SERVICE: &str = "cinder.backup.drivers.posix.PosixBackupDriver";
/// Largest object: the least that file systems and readers of today take without a thought.
const MAX_OBJECT_BYTES: u64 = 1 << 40;

/// Backups in a directory.
#[derive(Debug)]
pub struct PosixStore {
    root: Root,
    service: &'static str,
    container: Option<String>,
}

impl PosixStore {
    /// Backups below `path`. Nothing is touched before the first call.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { root: Root::new(path), service: SERVICE, container: None }
    }

    /// A store that rows know as `service`, and that has a container for the backups whose request names none.
    #[must_use]
    pub fn called(self, service: &'static str, container: Option<String>) -> Self {
        Self { service, container, ..self }
    }
}

impl BackupStore for PosixStore {
    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities {
            service: self.service,
            max_object_bytes: MAX_OBJECT_BYTES,
            container_per_backup: true,
            lists_at_once: true,
        }
    }

    fn container(&self) -> Option<&str> {
        self.container.as_deref()
    }

    fn check(&self) -> Result<(), DriverError> {
        self.root.check()
    }

    fn put(&self, object: &ObjectName, bytes: &[u8]) -> Result<(), DriverError> {
        self.root.put(object, bytes)
    }

    fn get(&self, object: &ObjectName, most_bytes: u64) -> Result<Vec<u8>, DriverError> {
        let (file, size_bytes) = self.root.open(object)?;
        if size_bytes > most_bytes {
            let why = format!("{object} has {size_bytes} bytes, more than {most_bytes}");
            return Err(DriverError::Refused(why));
        }
        let mut bytes = vec![0; usize::try_from(size_bytes).unwrap_or(usize::MAX)];
        let read = self.root.read(&file, object, &mut bytes, 0)?;
        bytes.truncate(read);
        Ok(bytes)
    }

    fn get_range(
        &self,
        object: &ObjectName,
        offset_bytes: u64,
        buffer: &mut [u8],
    ) -> Result<usize, DriverError> {
        let (file, _) = self.root.open(object)?;
        self.root.read(&file, object, buffer, offset_bytes)
    }

    fn list(&self, container: &str, prefix: &str) -> Result<Vec<FoundObject>, DriverError> {
        self.root.list(container, prefix)
    }

    fn remove(&self, object: &ObjectName) -> Result<(), DriverError> {
        self.root.remove(object)
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        self.root.sweep()
    }
}

#[cfg(test)]
mod tests;
