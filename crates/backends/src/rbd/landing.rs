//! Where a program puts what is more than its standard output may have.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

use ports::DriverError;
use rustix::fs::{MemfdFlags, memfd_create};

/// A file in memory without a name: nothing of it is left, whoever dies.
#[derive(Debug)]
pub struct Landing {
    file: File,
}

impl Landing {
    pub(super) fn new() -> Result<Self, DriverError> {
        let made = memfd_create("besser-ceph", MemfdFlags::CLOEXEC).map_err(io::Error::from);
        Ok(Self { file: made.map_err(DriverError::io("making a file in memory"))?.into() })
    }

    /// By which a child of ours opens it.
    pub(super) fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.file.as_raw_fd())
    }

    /// All of it.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn read(mut self) -> Result<Vec<u8>, DriverError> {
        let mut bytes = Vec::new();
        let read = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.read_to_end(&mut bytes));
        read.map_err(reading)?;
        Ok(bytes)
    }

    /// Fills `buffer` with what stands at `offset_bytes`, as far as there is something; returns how much.
    ///
    /// # Errors
    /// The system's.
    pub fn read_at(&self, offset_bytes: u64, buffer: &mut [u8]) -> Result<usize, DriverError> {
        let mut read = 0;
        while read < buffer.len() {
            match self.file.read_at(&mut buffer[read..], offset_bytes.saturating_add(read as u64)) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(reading(error)),
            }
        }
        Ok(read)
    }
}

fn reading(error: io::Error) -> DriverError {
    DriverError::io("reading a file in memory")(error)
}
