//! What an increment takes over from its parent without reading it: what did not change, by the storage's own account.
//!
//! An account is not simply believed. Of every so many pieces one is read all the same, another one in each run; where
//! something differs that should not, the account is put aside and everything is compared.

use ports::volume::Changes;

use super::table::Entry;
use super::{CHUNK_BYTES, PIECE_BYTES};
use crate::BackupError;

/// Of so many pieces one is looked at all the same: 1.6 % of the volume.
const LOOK_AT_ONE_OF: u64 = 64;

/// What the parent has of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing that could be led to.
    Unknown,
    /// Zeros.
    Zeros,
    /// This.
    Kept(Entry),
}

impl Before {
    /// The same as an entry of a table; none of what is not known.
    const fn entry(self) -> Option<Option<Entry>> {
        match self {
            Self::Unknown => None,
            Self::Zeros => Some(None),
            Self::Kept(entry) => Some(Some(entry)),
        }
    }
}

/// An account that is relied on, and looked after.
pub(super) struct Account<'a> {
    changes: &'a Changes,
    /// A piece is looked at whose number divided by the one leaves the other.
    one_of: u64,
    which: u64,
}

impl<'a> Account<'a> {
    pub(super) fn new(changes: &'a Changes, size_bytes: u64) -> Result<Self, BackupError> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| BackupError::Refused(error.to_string()))?;
        // Of a small volume one piece is looked at as well.
        let one_of = size_bytes.div_ceil(PIECE_BYTES).clamp(1, LOOK_AT_ONE_OF);
        Ok(Self { changes, one_of, which: u64::from_le_bytes(random) % one_of })
    }

    /// Whether the piece at this place is read whatever the account says.
    pub(super) fn looks_at(&self, offset_bytes: u64) -> bool {
        (offset_bytes / PIECE_BYTES) % self.one_of == self.which
    }

    /// What the chunks of the piece at `offset_bytes` are if the account is true, as far as it says; the piece has
    /// `length` bytes.
    pub(super) fn says(
        &self,
        offset_bytes: u64,
        length: usize,
        before: &[Before],
    ) -> Vec<Option<Option<Entry>>> {
        let chunks = before.iter().enumerate().map(|(number, before)| {
            let from = number * CHUNK_BYTES;
            let bytes = length.saturating_sub(from).min(CHUNK_BYTES);
            let changed = self.changes.touch(offset_bytes + from as u64, bytes as u64);
            if changed { None } else { before.entry() }
        });
        chunks.collect()
    }
}

/// The parts of a piece of `length` bytes of which nothing was said.
pub(super) fn unsaid(said: &[Option<Option<Entry>>], length: usize) -> Vec<(usize, usize)> {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for (number, _) in said.iter().enumerate().filter(|(_, said)| said.is_none()) {
        let (from, end) = (number * CHUNK_BYTES, ((number + 1) * CHUNK_BYTES).min(length));
        match parts.last_mut() {
            Some(last) if last.1 == from => last.1 = end,
            _ => parts.push((from, end)),
        }
    }
    parts
}

/// Compares what was said of a piece with what was found.
pub(super) fn check(
    said: &[Option<Option<Entry>>],
    found: &[Option<Entry>],
    offset_bytes: u64,
) -> Result<(), BackupError> {
    let id = |entry: &Option<Entry>| entry.map(|entry| entry.id);
    let lie =
        said.iter().zip(found).position(|(said, found)| said.is_some_and(|said| id(&said) != id(found)));
    match lie {
        Some(number) => {
            Err(BackupError::Belied { offset_bytes: offset_bytes + (number * CHUNK_BYTES) as u64 })
        }
        None => Ok(()),
    }
}
