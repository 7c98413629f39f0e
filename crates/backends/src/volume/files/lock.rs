//! Whether somebody else uses a file.

use std::fs::File;
use std::io;

use rustix::process::{Flock, FlockType, fcntl_getlk};

/// Whether another process holds a lock on `file`, as every QEMU does on the images that it has open. This only
/// asks: no lock is taken that a starting machine could trip over.
pub(crate) fn is_in_use(file: &File) -> io::Result<bool> {
    Ok(fcntl_getlk(file, &Flock::from(FlockType::WriteLock))?.is_some())
}
