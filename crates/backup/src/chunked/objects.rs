//! Objects on their way back: fetched, decompressed, and compared with their hash before anybody uses them.

use std::io::{self, Read};

use md5::{Digest as _, Md5};
use ports::DriverError;
use ports::backup::{BackupStore, ObjectName};

use super::MAX_OBJECT_BYTES;
use super::documents::Entry;
use crate::hash::Hash;
use crate::{Algorithm, BackupError, Budget, Location};

/// How much of a large object is in memory at a time.
const WINDOW_BYTES: usize = 4 << 20;

/// An object that is to be read.
pub(super) struct Stored<'a> {
    pub(super) store: &'a dyn BackupStore,
    pub(super) object: ObjectName,
    pub(super) entry: &'a Entry,
    algorithm: Algorithm,
}

impl<'a> Stored<'a> {
    pub(super) fn new(
        store: &'a dyn BackupStore,
        at: &Location,
        (name, entry): &'a (String, Entry),
    ) -> Result<Self, BackupError> {
        let object = at.named(name)?;
        let algorithm = Algorithm::parse(&entry.compression)
            .ok_or_else(|| BackupError::damaged(&object, "it is compressed in an unknown way"))?;
        Ok(Self { store, object, entry, algorithm })
    }

    /// Hands over the content, stretch by stretch with the offset on the volume of each. Of an object that fits into
    /// memory nothing is handed over before its hash was compared; of a larger one the last stretch tells.
    pub(super) fn read(
        &self,
        budget: &Budget,
        mut use_it: impl FnMut(&[u8], u64) -> Result<(), BackupError>,
    ) -> Result<(), BackupError> {
        let length = self.entry.length;
        if length <= MAX_OBJECT_BYTES {
            let _memory = budget.borrow(2 * length + WINDOW_BYTES as u64);
            let bytes = self.whole(length)?;
            return use_it(&bytes, self.entry.offset);
        }
        let _memory = budget.borrow(3 * WINDOW_BYTES as u64);
        let mut content = self.decoder()?;
        let mut window = vec![0; WINDOW_BYTES];
        let (mut done, mut md5) = (0, Md5::new());
        loop {
            let read = self.fill(&mut content, &mut window)?;
            if done + read as u64 > length {
                return Err(self.damaged(format!("it is longer than its {length} bytes")));
            }
            if read == 0 {
                break;
            }
            md5.update(&window[..read]);
            use_it(&window[..read], self.entry.offset + done)?;
            done += read as u64;
        }
        self.check(done, &Hash(md5.finalize().into()))
    }

    fn whole(&self, length: u64) -> Result<Vec<u8>, BackupError> {
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        let mut content = self.decoder()?.take(length + 1);
        content.read_to_end(&mut bytes).map_err(|error| self.unreadable(error))?;
        self.check(bytes.len() as u64, &crate::hash::md5(&bytes))?;
        Ok(bytes)
    }

    fn check(&self, length: u64, md5: &Hash<16>) -> Result<(), BackupError> {
        if length != self.entry.length {
            return Err(self.damaged(format!("{length} bytes instead of {}", self.entry.length)));
        }
        if *md5 != self.entry.md5 {
            return Err(self.damaged(format!("its MD5 is {md5} instead of {}", self.entry.md5)));
        }
        Ok(())
    }

    fn decoder(&self) -> Result<Box<dyn Read + '_>, BackupError> {
        let ranges = Ranges { store: self.store, object: &self.object, at: 0, window: Vec::new(), used: 0 };
        self.algorithm.decoder(ranges).map_err(|error| self.unreadable(error))
    }

    fn fill(&self, content: &mut dyn Read, window: &mut [u8]) -> Result<usize, BackupError> {
        let mut filled = 0;
        while filled < window.len() {
            match content.read(&mut window[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.unreadable(error)),
            }
        }
        Ok(filled)
    }

    /// An error of the store comes through the decompressor as it was; anything else is what the object holds.
    fn unreadable(&self, error: io::Error) -> BackupError {
        match error.downcast::<DriverError>() {
            Ok(failed) => failed.into(),
            Err(error) => self.damaged(error.to_string()),
        }
    }

    fn damaged(&self, why: String) -> BackupError {
        BackupError::damaged(&self.object, why)
    }
}

/// An object as a stream.
struct Ranges<'a> {
    store: &'a dyn BackupStore,
    object: &'a ObjectName,
    at: u64,
    window: Vec<u8>,
    used: usize,
}

impl Read for Ranges<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.used == self.window.len() {
            self.window = Vec::new();
            self.window =
                self.store.get_part(self.object, self.at, WINDOW_BYTES).map_err(io::Error::other)?;
            (self.at, self.used) = (self.at + self.window.len() as u64, 0);
        }
        let length = buffer.len().min(self.window.len() - self.used);
        buffer[..length].copy_from_slice(&self.window[self.used..self.used + length]);
        self.used += length;
        Ok(length)
    }
}
