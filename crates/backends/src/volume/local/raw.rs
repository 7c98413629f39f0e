//! Raw files: the file is the volume.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt};

use ports::volume::{Access, Disk};
use ports::{DriverError, Work};
use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::{Errno, retry_on_intr};

use super::format::{BaseUse, Format};
use crate::volume::files::{Directory, Entry, FileName, disk, existing, length};

/// The unit in which `stat` counts blocks, whatever the file system's own.
const BLOCK_BYTES: u64 = 512;

/// With what a qcow2 file begins.
const QCOW2_MAGIC: &[u8; 4] = b"QFI\xfb";

/// Volumes as raw files.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) preallocate: bool,
}

impl Format for Raw {
    fn check(&self) -> Result<(), DriverError> {
        Ok(())
    }

    /// A blank raw volume needs no unfinished name: until it has its size it is an empty file, which the next call
    /// completes. That saves a rename, and with it half of the directory's changes.
    fn make_blank(
        &self,
        directory: &Directory,
        work: &Work,
        name: FileName,
        bytes: u64,
    ) -> Result<(), DriverError> {
        let file = directory.create(name)?;
        if let Err(error) = self.grow(directory, work, name, &file, bytes) {
            // Nothing is lost with an empty file, and a partly preallocated one would keep space from others.
            directory.remove(name)?;
            return Err(error);
        }
        file.sync_all().map_err(directory.failure("syncing", name, bytes))
    }

    fn virtual_bytes(
        &self,
        directory: &Directory,
        name: &dyn Display,
        file: &File,
    ) -> Result<u64, DriverError> {
        length(directory, name, file)
    }

    fn virtual_bytes_of_stranger(
        &self,
        directory: &Directory,
        name: &dyn Display,
        file: &File,
    ) -> Result<u64, DriverError> {
        let mut start = [0; QCOW2_MAGIC.len()];
        match file.read_exact_at(&mut start, 0) {
            Ok(()) if start == *QCOW2_MAGIC => {
                return Err(DriverError::Refused(format!(
                    "{name} is a qcow2 file, and this backend keeps raw ones"
                )));
            }
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {}
            Err(error) => return Err(directory.failure("reading", name, 0)(error)),
        }
        length(directory, name, file)
    }

    fn grow(
        &self,
        directory: &Directory,
        _work: &Work,
        name: FileName,
        file: &File,
        bytes: u64,
    ) -> Result<(), DriverError> {
        let old_bytes = length(directory, name, file)?;
        if self.preallocate {
            return self.allocate(directory, name, file, old_bytes, bytes);
        }
        if old_bytes < bytes {
            file.set_len(bytes).map_err(directory.failure("growing", name, bytes))?;
        }
        Ok(())
    }

    fn is_whole_at_any_moment(&self) -> bool {
        true
    }

    fn make_alone(
        &self,
        directory: &Directory,
        work: &Work,
        name: FileName,
        bytes: u64,
    ) -> Result<(), DriverError> {
        directory.remove(name)?;
        self.make_blank(directory, work, name, bytes)
    }

    fn base_use(&self) -> Option<BaseUse> {
        Some(BaseUse::Copies)
    }

    fn ground(
        &self,
        _directory: &Directory,
        _name: FileName,
        _file: &File,
    ) -> Result<Option<FileName>, DriverError> {
        Ok(None)
    }

    fn write_standing(
        &self,
        _directory: &Directory,
        name: FileName,
        _file: &File,
        base: FileName,
        _bytes: u64,
    ) -> Result<(), DriverError> {
        Err(DriverError::Unsupported(format!("a raw file cannot stand on another: {name} on {base}")))
    }

    fn provisioned_bytes(&self, _directory: &Directory, entry: &Entry) -> u64 {
        entry.bytes
    }

    fn open(
        &self,
        directory: &Directory,
        name: FileName,
        access: Access,
    ) -> Result<Box<dyn Disk>, DriverError> {
        disk(existing(directory, name, access)?)
    }
}

impl Raw {
    /// Takes all blocks that the file does not have yet. On failure it has its old size again.
    fn allocate(
        &self,
        directory: &Directory,
        name: FileName,
        file: &File,
        old_bytes: u64,
        bytes: u64,
    ) -> Result<(), DriverError> {
        let used_bytes =
            file.metadata().map_err(directory.failure("looking at", name, 0))?.blocks() * BLOCK_BYTES;
        let asked_bytes = bytes.saturating_sub(used_bytes);
        let free_bytes = directory.space()?.free_bytes;
        if asked_bytes > free_bytes {
            return Err(DriverError::NoSpace { asked_bytes, free_bytes });
        }
        let allocated = retry_on_intr(|| fallocate(file, FallocateFlags::empty(), 0, bytes));
        match allocated {
            Ok(()) => Ok(()),
            Err(errno) => {
                let error = match errno {
                    Errno::OPNOTSUPP => {
                        let told =
                            format!("{}: the file system cannot preallocate", directory.path().display());
                        DriverError::Refused(told)
                    }
                    errno => directory.failure("preallocating", name, asked_bytes)(io::Error::from(errno)),
                };
                file.set_len(old_bytes).map_err(directory.failure("shrinking", name, old_bytes))?;
                Err(error)
            }
        }
    }
}
