//! Stores that keep whole disks beside objects: images of Ceph.

use crate::DriverError;
use crate::volume::{Access, Disk};

/// Images, their snapshots, and a short note beside each backup. All calls may come from several threads at the same time,
/// and may be repeated.
pub trait BackupImages: Send + Sync {
    /// Sees to it that an image of zeros is there. One that is there, and as long, is left as it is.
    ///
    /// # Errors
    /// It is not, or has another length.
    fn ensure(&self, container: &str, image: &str, size_bytes: u64) -> Result<(), DriverError>;

    /// Opens an image, or a snapshot of it, which can only be read.
    ///
    /// # Errors
    /// [`DriverError::Missing`] when it is not there.
    fn open(
        &self,
        container: &str,
        image: &str,
        snapshot: Option<&str>,
        access: Access,
    ) -> Result<Box<dyn Disk>, DriverError>;

    /// The names of all images of a container.
    ///
    /// # Errors
    /// There is no such container.
    fn names(&self, container: &str) -> Result<Vec<String>, DriverError>;

    /// The snapshots of an image, in the order in which they were made.
    ///
    /// # Errors
    /// [`DriverError::Missing`] when it is not there.
    fn snapshots(&self, container: &str, image: &str) -> Result<Vec<String>, DriverError>;

    /// Removes an image and all of its snapshots.
    ///
    /// # Errors
    /// It is still there.
    fn remove(&self, container: &str, image: &str) -> Result<(), DriverError>;

    /// Puts a note, in the place of an older one of this name.
    ///
    /// # Errors
    /// It is not there, or the old one still is.
    fn put_note(&self, container: &str, name: &str, text: &[u8]) -> Result<(), DriverError>;

    /// A note; none when there is none.
    ///
    /// # Errors
    /// Nobody can tell.
    fn note(&self, container: &str, name: &str) -> Result<Option<Vec<u8>>, DriverError>;

    /// Removes a note.
    ///
    /// # Errors
    /// It is still there.
    fn remove_note(&self, container: &str, name: &str) -> Result<(), DriverError>;
}
