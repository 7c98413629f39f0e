//! The port through which backups are kept: whole objects in containers, nothing else.
//!
//! An object is put as a whole or not at all, and never changed. Every effect can be repeated: putting an object again
//! replaces it, removing what is not there is a success. Names come from whoever writes the backup; a store only has
//! to keep them apart.

mod capabilities;
pub mod conformance;
mod images;
mod object;
mod patient;
mod shared;

pub use capabilities::StoreCapabilities;
pub use images::BackupImages;
pub use object::{FoundObject, MAX_CONTAINER_BYTES, MAX_OBJECT_NAME_BYTES, ObjectName};
pub use patient::Patient;

use crate::DriverError;

/// A place where backups are kept. All calls may come from several threads at the same time.
pub trait BackupStore: Send + Sync {
    /// What it can do. The answer does not change while the process lives.
    fn capabilities(&self) -> StoreCapabilities;

    /// The container of backups whose request names none; none leaves that to whoever names them.
    fn container(&self) -> Option<&str> {
        None
    }

    /// Its images, where it keeps whole disks beside objects.
    fn images(&self) -> Option<&dyn BackupImages> {
        None
    }

    /// Looks whether the store can be used as configured, and makes what every call relies on (directories).
    ///
    /// # Errors
    /// Why it cannot be used.
    fn check(&self) -> Result<(), DriverError>;

    /// Puts `bytes` as `object`, in the place of an older one of this name. Nobody ever sees a part of it, and it is
    /// durable when the call returns.
    ///
    /// # Errors
    /// It is not there, or the old one still is.
    fn put(&self, object: &ObjectName, bytes: &[u8]) -> Result<(), DriverError>;

    /// The same of bytes that nobody needs afterwards.
    ///
    /// # Errors
    /// As [`BackupStore::put`].
    fn put_all(&self, object: &ObjectName, bytes: Vec<u8>) -> Result<(), DriverError> {
        self.put(object, &bytes)
    }

    /// All of an object of at most `most_bytes`.
    ///
    /// # Errors
    /// [`DriverError::Missing`] when it is not there; [`DriverError::Refused`] when it is larger.
    fn get(&self, object: &ObjectName, most_bytes: u64) -> Result<Vec<u8>, DriverError>;

    /// Fills `buffer` from `offset_bytes` on, as far as the object reaches; returns how much.
    ///
    /// # Errors
    /// [`DriverError::Missing`] when it is not there.
    fn get_range(
        &self,
        object: &ObjectName,
        offset_bytes: u64,
        buffer: &mut [u8],
    ) -> Result<usize, DriverError>;

    /// `length` bytes from `offset_bytes` on, as far as the object reaches.
    ///
    /// # Errors
    /// As [`BackupStore::get_range`].
    fn get_part(
        &self,
        object: &ObjectName,
        offset_bytes: u64,
        length: usize,
    ) -> Result<Vec<u8>, DriverError> {
        let mut part = vec![0; length];
        let read = self.get_range(object, offset_bytes, &mut part)?;
        part.truncate(read);
        Ok(part)
    }

    /// The objects of `container` whose names begin with `prefix`, in the order of their names; none when there is no
    /// such container.
    ///
    /// # Errors
    /// The store cannot be asked.
    fn list(&self, container: &str, prefix: &str) -> Result<Vec<FoundObject>, DriverError>;

    /// How long an object is, in bytes.
    ///
    /// # Errors
    /// [`DriverError::Missing`] when it is not there.
    fn object_bytes(&self, object: &ObjectName) -> Result<u64, DriverError> {
        let found = self.list(object.container(), object.name())?;
        let size = found.into_iter().find(|found| found.name == object.name()).and_then(|it| it.size_bytes);
        size.ok_or_else(|| DriverError::Missing { what: object.to_string() })
    }

    /// Removes an object.
    ///
    /// # Errors
    /// It is still there.
    fn remove(&self, object: &ObjectName) -> Result<(), DriverError>;

    /// Removes what interrupted calls left half-made, when no call is under way. Called once at start. Only what
    /// carries the store's own mark of something unfinished is touched. Returns how many were removed.
    ///
    /// # Errors
    /// The store cannot be asked.
    fn sweep(&self) -> Result<usize, DriverError>;
}
