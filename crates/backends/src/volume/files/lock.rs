//! Keeps others out of a file for a while.

use std::fmt::Display;
use std::fs::File;

use ports::DriverError;
use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::io::Errno;

use super::Directory;

/// A file that no QEMU has open, and none can open while this lives.
///
/// QEMU locks single bytes of every image that it has open. Record locks of a process conflict with those, though
/// not with its own: calls of ours that read the same source at once do not get into each other's way.
#[derive(Debug)]
#[must_use = "the lock ends with the value"]
pub(crate) struct Exclusive<'a> {
    file: &'a File,
}

impl<'a> Exclusive<'a> {
    /// Locks `file`, which must be open for writing, or says that it is busy.
    pub(crate) fn of(directory: &Directory, name: impl Display, file: &'a File) -> Result<Self, DriverError> {
        match fcntl_lock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { file }),
            Err(Errno::AGAIN | Errno::ACCESS) => {
                Err(DriverError::Busy { what: name.to_string(), by: "another process".to_owned() })
            }
            Err(errno) => Err(directory.failure("locking", name, 0)(errno.into())),
        }
    }
}

impl Drop for Exclusive<'_> {
    fn drop(&mut self) {
        // Unlocking cannot fail on a file that was locked; closing it unlocks in any case.
        let _ = fcntl_lock(self.file, FlockOperation::Unlock);
    }
}
