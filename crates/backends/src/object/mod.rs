//! Stores of objects that are asked over HTTP, for backups and for images.

pub(crate) mod remote;
pub mod s3;
pub mod swift;

use std::fmt;

use ports::DriverError;
use ports::backup::{BackupStore, ObjectName};

/// A part of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// What the store knows it by.
    pub(crate) tag: String,
    /// Its length.
    pub(crate) size_bytes: u64,
}

/// A store whose objects can be put part by part: what images need beside what backups do. Until it is assembled,
/// nobody sees anything of an object.
pub(crate) trait InParts: BackupStore + fmt::Debug {
    /// Most parts of an object.
    fn most_parts(&self) -> usize;

    /// The length of an object, in bytes.
    ///
    /// # Errors
    /// [`DriverError::Missing`] when it is not there.
    fn length_of(&self, object: &ObjectName) -> Result<u64, DriverError>;

    /// Begins an attempt to put an object; its name.
    ///
    /// # Errors
    /// The store cannot be asked.
    fn begin(&self, object: &ObjectName) -> Result<String, DriverError>;

    /// Puts the part `number`, counted from 1, of an attempt. Can be repeated.
    ///
    /// # Errors
    /// It is not there.
    fn put_part(
        &self,
        object: &ObjectName,
        attempt: &str,
        number: usize,
        bytes: &[u8],
    ) -> Result<Part, DriverError>;

    /// Makes the object of all parts of an attempt, in the place of an older one.
    ///
    /// # Errors
    /// It is not there, or the old one still is.
    fn assemble(&self, object: &ObjectName, attempt: &str, parts: &[Part]) -> Result<(), DriverError>;

    /// Removes the parts of every attempt but `kept`, whoever made them.
    ///
    /// # Errors
    /// Some are still there.
    fn remove_parts(&self, object: &ObjectName, kept: Option<&str>) -> Result<(), DriverError>;

    /// The address of an object, as clients see it.
    fn address_of(&self, object: &ObjectName) -> String;
}
