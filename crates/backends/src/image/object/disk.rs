//! Reading an image from a store of objects: a stretch at a time, which is longer than what was asked for.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use ports::backup::ObjectName;
use ports::volume::{Disk, Extent};

use crate::object::InParts;

/// How much is fetched with one request at least, in bytes.
const STRETCH_BYTES: usize = 8 << 20;

/// An object, opened.
#[derive(Debug)]
pub(super) struct ObjectDisk {
    objects: Arc<dyn InParts>,
    object: ObjectName,
    size_bytes: u64,
    fetched: Mutex<Stretch>,
}

/// Bytes of it that were fetched last.
#[derive(Debug, Default)]
struct Stretch {
    offset_bytes: u64,
    bytes: Vec<u8>,
}

impl Stretch {
    /// As many of the bytes at `offset_bytes` as are here.
    fn at(&self, offset_bytes: u64) -> &[u8] {
        let into = offset_bytes.checked_sub(self.offset_bytes).and_then(|into| usize::try_from(into).ok());
        into.and_then(|into| self.bytes.get(into..)).unwrap_or_default()
    }
}

impl ObjectDisk {
    pub(super) fn new(objects: Arc<dyn InParts>, object: ObjectName, size_bytes: u64) -> Self {
        Self { objects, object, size_bytes, fetched: Mutex::default() }
    }

    fn fetch(&self, stretch: &mut Stretch, offset_bytes: u64) -> io::Result<()> {
        let left = self.size_bytes.saturating_sub(offset_bytes);
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(STRETCH_BYTES);
        let mut bytes = std::mem::take(&mut stretch.bytes);
        bytes.resize(length, 0);
        let got = self.objects.get_range(&self.object, offset_bytes, &mut bytes);
        bytes.truncate(got.map_err(|error| io::Error::other(error.chain()))?);
        *stretch = Stretch { offset_bytes, bytes };
        if stretch.bytes.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }
}

impl Disk for ObjectDisk {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    fn read_at(&self, mut buffer: &mut [u8], mut offset_bytes: u64) -> io::Result<()> {
        let mut stretch = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        while !buffer.is_empty() {
            if stretch.at(offset_bytes).is_empty() {
                self.fetch(&mut stretch, offset_bytes)?;
            }
            let here = stretch.at(offset_bytes);
            let length = here.len().min(buffer.len());
            let (now, later) = buffer.split_at_mut(length);
            now.copy_from_slice(&here[..length]);
            offset_bytes += length as u64;
            buffer = later;
        }
        Ok(())
    }

    fn write_at(&self, _bytes: &[u8], _offset_bytes: u64) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn zero_at(&self, _offset_bytes: u64, _length_bytes: u64) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn extent_at(&self, offset_bytes: u64) -> io::Result<Extent> {
        Ok(Extent { length_bytes: self.size_bytes.saturating_sub(offset_bytes), is_zero: false })
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
