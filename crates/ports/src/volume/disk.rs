//! A volume or snapshot, opened as a run of bytes for the service's own reading and writing.

use std::fmt;
use std::io;

/// A stretch of a disk that is all alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// How long it is; at least one byte, unless it begins at the end of the disk.
    pub length_bytes: u64,
    /// Whether it is known to read as zeros without being read.
    pub is_zero: bool,
}

/// An opened disk. All calls may come from several threads at the same time.
pub trait Disk: fmt::Debug + Send + Sync {
    /// Its length.
    fn size_bytes(&self) -> u64;

    /// Fills `buffer` with what stands at `offset_bytes`.
    ///
    /// # Errors
    /// The storage's own, or [`io::ErrorKind::UnexpectedEof`] beyond the end.
    fn read_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<()>;

    /// Writes all of `bytes` at `offset_bytes`.
    ///
    /// # Errors
    /// The storage's own, or [`io::ErrorKind::InvalidInput`] beyond the end.
    fn write_at(&self, bytes: &[u8], offset_bytes: u64) -> io::Result<()>;

    /// Makes a stretch read as zeros, giving its space back where the storage can.
    ///
    /// # Errors
    /// As [`Disk::write_at`].
    fn zero_at(&self, offset_bytes: u64, length_bytes: u64) -> io::Result<()>;

    /// The stretch that begins at `offset_bytes`. A storage that keeps no account of what was written calls all of it
    /// data.
    ///
    /// # Errors
    /// The storage's own.
    fn extent_at(&self, offset_bytes: u64) -> io::Result<Extent>;

    /// The plain file whose bytes are the disk, where there is one: for copies that the kernel makes by itself.
    fn as_file(&self) -> Option<&std::fs::File> {
        None
    }

    /// Makes everything durable that was written.
    ///
    /// # Errors
    /// The storage's own.
    fn sync(&self) -> io::Result<()>;
}
