//! An image whose length is no whole number of sectors.

use std::io;

use ports::volume::{Disk, Extent};

/// The unit in which QEMU looks at an image.
const SECTOR_BYTES: u64 = 512;

/// A disk, of which only so much is the image.
#[derive(Debug)]
pub(super) struct Exact {
    disk: Option<Box<dyn Disk>>,
    size_bytes: u64,
}

impl Exact {
    pub(super) fn new(disk: Box<dyn Disk>, size_bytes: u64) -> Self {
        Self { disk: Some(disk), size_bytes }
    }

    /// An image without a byte, which nobody can open.
    pub(super) fn empty() -> Self {
        Self { disk: None, size_bytes: 0 }
    }
}

impl Disk for Exact {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    fn read_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<()> {
        let end = offset_bytes.saturating_add(buffer.len() as u64);
        match &self.disk {
            _ if buffer.is_empty() => Ok(()),
            Some(disk) if end <= self.size_bytes => disk.read_at(buffer, offset_bytes),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn write_at(&self, _bytes: &[u8], _offset_bytes: u64) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn zero_at(&self, _offset_bytes: u64, _length_bytes: u64) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn extent_at(&self, offset_bytes: u64) -> io::Result<Extent> {
        let left = self.size_bytes.saturating_sub(offset_bytes);
        // Asked where the holes are of what ends within a sector, QEMU ends (an assertion of its block/rbd.c).
        let can_tell = left > 0 && self.size_bytes.is_multiple_of(SECTOR_BYTES);
        let Some(disk) = self.disk.as_ref().filter(|_| can_tell) else {
            return Ok(Extent { length_bytes: left, is_zero: false });
        };
        let extent = disk.extent_at(offset_bytes)?;
        Ok(Extent { length_bytes: extent.length_bytes.min(left), ..extent })
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
