//! Where headers are read from.

use std::io;

/// Most bytes that are read at a time.
pub const MAX_READ_BYTES: usize = 1 << 20;

/// Why a stretch of an image was not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It is not there, or passed by before anybody knew that it was needed.
    Gone,
    /// The storage failed.
    Io(io::Error),
}

/// An image, as far as it can still be read.
pub(crate) trait Source {
    /// Its length in bytes.
    fn len(&self) -> u64;

    /// Exactly `length` bytes at `offset`.
    fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, Unread>;

    /// Up to `length` bytes at `offset`: fewer at the end.
    fn read_up_to(&self, offset: u64, length: usize) -> Result<Vec<u8>, Unread> {
        let rest = usize::try_from(self.len().saturating_sub(offset)).unwrap_or(usize::MAX);
        self.read(offset, length.min(rest))
    }
}

/// An image that lies somewhere, read by a function: fill the buffer with what stands at the offset.
pub(crate) struct Lying<F> {
    pub(crate) length: u64,
    pub(crate) read_at: F,
}

impl<F: Fn(&mut [u8], u64) -> io::Result<()>> Source for Lying<F> {
    fn len(&self) -> u64 {
        self.length
    }

    fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, Unread> {
        let end = offset.checked_add(length as u64);
        if length > MAX_READ_BYTES || end.is_none_or(|end| end > self.length) {
            return Err(Unread::Gone);
        }
        let mut bytes = vec![0; length];
        (self.read_at)(&mut bytes, offset).map_err(Unread::Io)?;
        Ok(bytes)
    }
}
