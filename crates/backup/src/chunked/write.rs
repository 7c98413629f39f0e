//! Backing up: several threads, each of which reads a piece, hashes its blocks, compresses what is to be kept and puts it.
//!
//! Objects are numbered in the order of the volume. A piece of an incremental backup knows how many it needs only when
//! it is hashed, so the pieces take their numbers one after the other, before they compress.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use ports::Work;
use ports::backup::BackupStore;
use ports::volume::Disk;

use super::documents::{Document, Entry, Hashes};
use super::{Options, remove};
use crate::hash::{Sha256Hash, md5, sha256};
use crate::pieces::Piece;
use crate::threads::on_threads;
use crate::{Algorithm, BackupError, Facts, Location, Means, Written};

/// A backup to be made.
pub struct Backup<'a> {
    /// Where to.
    pub store: &'a dyn BackupStore,
    /// Of what.
    pub disk: &'a dyn Disk,
    /// Under which names.
    pub at: &'a Location,
    /// What the documents say of it.
    pub facts: &'a Facts,
    /// The backup that it is an increment of.
    pub parent: Option<&'a Location>,
    /// In which shape.
    pub options: Options,
}

/// Makes a backup; what an earlier try has left under its names is removed first. It is whole and durable when this
/// returns.
///
/// # Errors
/// It was not made; what was put so far is removed by [`remove`] or the next try.
pub fn back_up(backup: &Backup<'_>, means: &Means, work: &Work) -> Result<Written, BackupError> {
    backup.options.check().map_err(BackupError::Refused)?;
    let parent = backup.parent.map(|parent| Hashes::read(backup.store, parent)).transpose()?;
    let size_bytes = backup.disk.size_bytes();
    let blocks = size_bytes.div_ceil(backup.options.block_bytes);
    if let Some(parent) = &parent {
        check_parent(parent, &backup.options, blocks)?;
    }
    remove(backup.store, backup.at)?;
    work.set_total(size_bytes);
    let piece_bytes = backup.options.piece_bytes(means.budget.total_bytes());
    let pieces = size_bytes.div_ceil(piece_bytes);
    let run = Run {
        backup,
        means,
        work,
        parent: parent.as_ref().map(|parent| parent.sha256s.as_slice()),
        piece_bytes,
        pieces,
        next_piece: AtomicU64::new(0),
        failed: AtomicBool::new(false),
        numbers: Mutex::new(Numbers { piece: 0, objects: 0 }),
        numbered: Condvar::new(),
        made: Mutex::default(),
        blank: OnceLock::new(),
    };
    let threads = means.threads.clamp(1, usize::try_from(pieces.max(1)).unwrap_or(usize::MAX));
    on_threads(threads, &|| run.carry_on())?;
    finish(backup, run.made.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// The documents of a backup whose objects are there; the one that makes it a backup comes last.
fn finish(backup: &Backup<'_>, made: BTreeMap<u64, Made>) -> Result<Written, BackupError> {
    let (mut sha256s, mut objects) = (Vec::new(), Vec::new());
    for (_, piece) in made {
        sha256s.extend(piece.hashes);
        objects.extend(piece.objects);
    }
    Hashes::write(backup.store, backup.at, backup.facts, backup.options.block_bytes, &sha256s)?;
    drop(sha256s);
    Document::write(backup.store, backup.at, backup.facts, &objects)?;
    Ok(Written { object_count: objects.len() as u64, belied_at: None })
}

fn check_parent(parent: &Hashes, options: &Options, blocks: u64) -> Result<(), BackupError> {
    let (old, new) = (parent.chunk_size, options.block_bytes);
    if old != new {
        return Err(BackupError::Refused(format!(
            "Hash block size has changed since the last backup. New hash block size: {new}. Old hash block size: {old}. \
             Do a full backup."
        )));
    }
    if blocks > parent.sha256s.len() as u64 {
        let why = "Volume size increased since the last backup. Do a full backup.";
        return Err(BackupError::Refused(why.to_owned()));
    }
    Ok(())
}

/// What became of a piece.
struct Made {
    hashes: Vec<Sha256Hash>,
    objects: Vec<(String, Entry)>,
}

/// Whose turn it is to take numbers, and how many were taken.
struct Numbers {
    piece: u64,
    objects: u64,
}

/// An object of a whole piece that is known to be zero: all of them are alike.
struct Blank {
    compressed: Option<Vec<u8>>,
    entry: Entry,
}

impl Blank {
    fn stored<'b>(&'b self, bytes: &'b [u8]) -> &'b [u8] {
        self.compressed.as_deref().unwrap_or(bytes)
    }
}

struct Run<'a> {
    backup: &'a Backup<'a>,
    means: &'a Means,
    work: &'a Work,
    parent: Option<&'a [Sha256Hash]>,
    piece_bytes: u64,
    pieces: u64,
    next_piece: AtomicU64,
    failed: AtomicBool,
    numbers: Mutex<Numbers>,
    numbered: Condvar,
    made: Mutex<BTreeMap<u64, Made>>,
    blank: OnceLock<Blank>,
}

impl Run<'_> {
    /// Makes pieces until there are none left, or one of them failed.
    fn carry_on(&self) -> Result<(), BackupError> {
        let done = self.make_pieces();
        if done.is_err() {
            self.failed.store(true, Ordering::SeqCst);
            let _all = self.numbers();
            self.numbered.notify_all();
        }
        done
    }

    fn make_pieces(&self) -> Result<(), BackupError> {
        loop {
            // Memory first, then a piece: whoever has a piece never waits for memory, so the turn always comes.
            let _memory = self.means.budget.borrow(2 * self.piece_bytes);
            let number = self.next_piece.fetch_add(1, Ordering::SeqCst);
            if number >= self.pieces || self.failed.load(Ordering::SeqCst) {
                return Ok(());
            }
            let offset_bytes = number * self.piece_bytes;
            let length = (self.backup.disk.size_bytes() - offset_bytes).min(self.piece_bytes);
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let piece = Piece::read(self.backup.disk, offset_bytes, length)?;
            let hashes = self.hash(&piece);
            let runs = self.runs(&piece, &hashes);
            let Some(first) = self.take_numbers(number, runs.len() as u64) else { return Ok(()) };
            let mut objects = Vec::with_capacity(runs.len());
            for (object, (from, to)) in (first..).zip(runs) {
                objects.push(self.put(object, &piece, from, to)?);
            }
            self.made().insert(number, Made { hashes, objects });
            self.work.advance(length as u64)?;
        }
    }

    /// The hash of every block.
    fn hash(&self, piece: &Piece) -> Vec<Sha256Hash> {
        let block = self.block_bytes();
        let mut zero = None;
        let hash_of = |(number, bytes): (usize, &[u8])| {
            let from = number * block;
            if bytes.len() == block && piece.is_hole(from, from + block) {
                return *zero.get_or_insert_with(|| sha256(bytes));
            }
            sha256(bytes)
        };
        piece.bytes.chunks(block).enumerate().map(hash_of).collect()
    }

    /// The stretches that are to be kept: all of it, or each run of blocks that differ from the parent's.
    fn runs(&self, piece: &Piece, hashes: &[Sha256Hash]) -> Vec<(usize, usize)> {
        let Some(parent) = self.parent else { return vec![(0, piece.bytes.len())] };
        let block = self.block_bytes();
        let first = usize::try_from(piece.offset_bytes).unwrap_or(usize::MAX) / block;
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (number, hash) in hashes.iter().enumerate() {
            if parent.get(first + number) == Some(hash) {
                continue;
            }
            let (from, to) = (number * block, piece.bytes.len().min((number + 1) * block));
            match runs.last_mut() {
                Some((_, end)) if *end == from => *end = to,
                _ => runs.push((from, to)),
            }
        }
        runs
    }

    /// The first of `count` numbers, once every piece before this one has its own. None when one of those failed.
    fn take_numbers(&self, piece: u64, count: u64) -> Option<u64> {
        let mut numbers = self.numbers();
        while numbers.piece != piece {
            if self.failed.load(Ordering::SeqCst) {
                return None;
            }
            numbers = self.numbered.wait(numbers).unwrap_or_else(PoisonError::into_inner);
        }
        let first = numbers.objects + 1;
        numbers.objects += count;
        numbers.piece += 1;
        self.numbered.notify_all();
        Some(first)
    }

    fn put(
        &self,
        number: u64,
        piece: &Piece,
        from: usize,
        to: usize,
    ) -> Result<(String, Entry), BackupError> {
        let backup = self.backup;
        let bytes = &piece.bytes[from..to];
        let object = backup.at.object(&format!("-{number:05}"))?;
        let blank = bytes.len() as u64 == self.piece_bytes && piece.is_hole(from, to);
        if blank && let Some(blank) = self.blank.get() {
            backup.store.put(&object, blank.stored(bytes))?;
            return Ok((
                object.name().to_owned(),
                Entry { offset: piece.offset_bytes + from as u64, ..blank.entry.clone() },
            ));
        }
        let compressed = backup
            .options
            .algorithm
            .compress(bytes)
            .map_err(|error| BackupError::Disk { what: format!("compressing {object}"), source: error })?;
        let algorithm = if compressed.is_some() { backup.options.algorithm } else { Algorithm::None };
        let entry = Entry {
            compression: algorithm.word().to_owned(),
            length: bytes.len() as u64,
            md5: md5(bytes),
            offset: piece.offset_bytes + from as u64,
        };
        match compressed {
            compressed if blank => {
                backup.store.put(&object, compressed.as_deref().unwrap_or(bytes))?;
                // Whoever else was as fast has found the same.
                let _ = self.blank.set(Blank { compressed, entry: entry.clone() });
            }
            Some(compressed) => backup.store.put_all(&object, compressed)?,
            None => backup.store.put(&object, bytes)?,
        }
        Ok((object.name().to_owned(), entry))
    }

    fn block_bytes(&self) -> usize {
        usize::try_from(self.backup.options.block_bytes).unwrap_or(usize::MAX)
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn made(&self) -> MutexGuard<'_, BTreeMap<u64, Made>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
