//! What differs between the formats in which a volume can be kept.

use std::fmt::{Debug, Display};
use std::fs::File;

use ports::volume::{Access, Disk};
use ports::{DriverError, Work};
use serde_json::Value;

use crate::volume::files::{Directory, Entry, FileName};

/// How what is made from a base relates to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BaseUse {
    /// It stands on it.
    Stands,
    /// It is a copy, which shares blocks where the file system can.
    Copies,
}

/// A file format. Sizes are those of the volume inside, in bytes.
pub(super) trait Format: Debug + Send + Sync {
    /// Whether the programs that it needs are there.
    fn check(&self) -> Result<(), DriverError>;

    /// Makes the blank volume `name`, durable but for its directory entry.
    fn make_blank(
        &self,
        directory: &Directory,
        work: &Work,
        name: FileName,
        bytes: u64,
    ) -> Result<(), DriverError>;

    /// The size of the volume in `file`; refuses a file that we must not trust.
    fn virtual_bytes(
        &self,
        directory: &Directory,
        name: &dyn Display,
        file: &File,
    ) -> Result<u64, DriverError>;

    /// The same of a file that we did not make; refuses one that is kept in another format.
    fn virtual_bytes_of_stranger(
        &self,
        directory: &Directory,
        name: &dyn Display,
        file: &File,
    ) -> Result<u64, DriverError>;

    /// Makes the volume in `file` at least `bytes` large, with all its space when volumes are preallocated.
    fn grow(
        &self,
        directory: &Directory,
        work: &Work,
        name: FileName,
        file: &File,
        bytes: u64,
    ) -> Result<(), DriverError>;

    /// Whether the blocks of the file, taken at one moment under a writer, are the volume at that moment.
    fn is_whole_at_any_moment(&self) -> bool;

    /// Makes the blank file `name` in place of what an interrupted call left, without giving it another name.
    fn make_alone(
        &self,
        directory: &Directory,
        work: &Work,
        name: FileName,
        bytes: u64,
    ) -> Result<(), DriverError>;

    /// How what is made from a base relates to it; none where nothing is made from bases.
    fn base_use(&self) -> Option<BaseUse>;

    /// The base on which the file `name` stands; refuses one that names anything else.
    fn ground(
        &self,
        directory: &Directory,
        name: FileName,
        file: &File,
    ) -> Result<Option<FileName>, DriverError>;

    /// Writes to the empty `file` a volume of `bytes` that stands on `base`. Only of a format of which
    /// [`BaseUse::Stands`] is true.
    fn write_standing(
        &self,
        directory: &Directory,
        name: FileName,
        file: &File,
        base: FileName,
        bytes: u64,
    ) -> Result<(), DriverError>;

    /// How much the file promises to its owner; what cannot be read counts with its length.
    fn provisioned_bytes(&self, directory: &Directory, entry: &Entry) -> u64;

    /// How QEMU gets at the volume in the file `name`, for another process that reads it and keeps nobody from writing;
    /// none where the file's bytes are the volume.
    fn image_node(&self, _name: FileName) -> Result<Option<Value>, DriverError> {
        Ok(None)
    }

    /// Opens the volume in the file `name` as a disk.
    fn open(
        &self,
        directory: &Directory,
        name: FileName,
        access: Access,
    ) -> Result<Box<dyn Disk>, DriverError>;
}
