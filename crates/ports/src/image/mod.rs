//! The port through which the data of images are kept: one small trait, a plain value of capabilities.
//!
//! Data are put under a half-made name and named when they are whole and durable: a killed process leaves either all
//! of an image or something that [`ImageStore::sweep`] recognises. Names derive from identifiers.

pub mod conformance;
mod web;

pub use web::{Fetched, Web};

use std::fmt;
use std::path::PathBuf;

use model::ImageId;

use crate::volume::{Disk, DriverError};

/// What a store can do, as a plain value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageCapabilities {
    /// The kind of store, as reported (`file`, …).
    pub kind: &'static str,
    /// Whether stretches of zeros take no space.
    pub sparse: bool,
    /// Whether images are plain files of this machine ([`ImageStore::path_of`] answers).
    pub local_files: bool,
    /// Whether other hosts may put images there as well: what a killed process left then goes with the next attempt to
    /// put the same image, or with its removal, and [`ImageStore::sweep`] leaves it. Readers lose what is removed.
    pub shared: bool,
}

/// How much there is and how much is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreSpace {
    /// In all.
    pub total_bytes: u64,
    /// Left for us.
    pub free_bytes: u64,
}

/// The data of an image as they lie in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundImage {
    /// The image; what is half-made is not listed.
    pub id: ImageId,
    /// Length of the data.
    pub size_bytes: u64,
    /// What they take.
    pub used_bytes: u64,
    /// When they were put, in seconds since 1970; 0 where the store does not say.
    pub modified_s: u64,
}

/// A place for the data of images. Calls may come from several threads at the same time.
pub trait ImageStore: fmt::Debug + Send + Sync {
    /// What it can do. The answer does not change while the process lives.
    fn capabilities(&self) -> ImageCapabilities;

    /// Looks whether the store can be used as configured, and makes what every call relies on (directories).
    ///
    /// # Errors
    /// Why it cannot be used.
    fn check(&self) -> Result<(), DriverError>;

    /// Measures it.
    ///
    /// # Errors
    /// It cannot be asked.
    fn space(&self) -> Result<StoreSpace, DriverError>;

    /// Begins to put the data of `image`. Nobody sees them before [`ImageWriter::finish`].
    ///
    /// # Errors
    /// Nothing can be put.
    fn begin(&self, image: ImageId) -> Result<Box<dyn ImageWriter>, DriverError>;

    /// Opens the data of `image` for reading; writing to them is refused.
    ///
    /// # Errors
    /// [`DriverError::Missing`] when there are none.
    fn open(&self, image: ImageId) -> Result<Box<dyn Disk>, DriverError>;

    /// The file that holds exactly the data of `image`, where they are such a file: for programs that need a path, and
    /// for copies by reference. It is there as long as the image is.
    fn path_of(&self, image: ImageId) -> Option<PathBuf>;

    /// The address of the data of `image`, as clients see it (`file:///…`).
    fn url_of(&self, image: ImageId) -> String;

    /// Removes the data of `image`. Who has them open reads on. Already gone is a success.
    ///
    /// # Errors
    /// They are still there; [`DriverError::Busy`] where a shared store has them removed only when nobody reads them.
    fn remove(&self, image: ImageId) -> Result<(), DriverError>;

    /// All images whose data are here.
    ///
    /// # Errors
    /// The store cannot be asked.
    fn list(&self) -> Result<Vec<FoundImage>, DriverError>;

    /// Removes what interrupted calls left half-made. Called once at start, when other processes may be putting data.
    /// Only what carries the store's own mark of something unfinished is touched. Returns how many were removed.
    ///
    /// # Errors
    /// The store cannot be asked.
    fn sweep(&self) -> Result<usize, DriverError>;
}

/// Data that are being put. Dropped before [`ImageWriter::finish`], they leave nothing behind.
pub trait ImageWriter: fmt::Debug + Send {
    /// Appends `bytes`. Zeros among them take no space where the store is sparse.
    ///
    /// # Errors
    /// [`DriverError::NoSpace`], or the storage's own.
    fn write(&mut self, bytes: &[u8]) -> Result<(), DriverError>;

    /// Appends `length_bytes` zeros.
    ///
    /// # Errors
    /// As [`ImageWriter::write`].
    fn skip(&mut self, length_bytes: u64) -> Result<(), DriverError>;

    /// Makes the data durable and gives them their name, in place of others under it. Returns their length.
    ///
    /// # Errors
    /// They have no name, and nothing is left of them.
    fn finish(self: Box<Self>) -> Result<u64, DriverError>;

    /// Leaves them half-made, as a process does that is killed: for tests of what comes after.
    fn leave(self: Box<Self>);
}
