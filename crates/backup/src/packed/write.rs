//! Backing up: several threads, each of which reads a piece, names its chunks and keeps those that nobody has kept yet.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use ports::Work;
use ports::backup::BackupStore;
use ports::volume::{Changes, Disk};

use super::inherit::{self, Account, Before};
use super::known::{Known, Parent, announce, learn};
use super::manifest::{Manifest, TableRef};
use super::mark::Mark;
use super::pack::{Packing, Source};
use super::seal::{Kind, StoreKey, id_of};
use super::sizes::Sizes;
use super::table::{Entry, Packs, encode};
use super::{CHUNK_BYTES, PACK_BYTES, PIECE_BYTES, SPAN_BYTES, collect, names};
use crate::pieces::{Piece, is_zero};
use crate::threads::on_threads;
use crate::{BackupError, Facts, Location, Means, Written};

/// A backup to be made.
pub struct Backup<'a> {
    /// Where to.
    pub store: &'a dyn BackupStore,
    /// Of what.
    pub disk: &'a dyn Disk,
    /// Under which names.
    pub at: &'a Location,
    /// What the manifest says of it.
    pub facts: &'a Facts,
    /// The backup that it is an increment of: what it has at the same place is not even looked for.
    pub parent: Option<&'a Location>,
    /// Where the disk may hold something else than the parent, if its storage keeps account: the rest is not read.
    pub changes: Option<&'a Changes>,
    /// The key of the store, if it has one.
    pub key: Option<&'a StoreKey>,
}

/// Makes a backup. It is whole and durable when this returns. One that an earlier try has finished stays as it is.
///
/// # Errors
/// It was not made; what was put so far goes with [`super::remove`], or when the next backup is collected.
pub fn back_up(backup: &Backup<'_>, means: &Means, work: &Work) -> Result<Written, BackupError> {
    match run(backup, backup.changes, means, work) {
        Err(BackupError::Belied { offset_bytes }) => {
            let written = run(backup, None, means, work)?;
            Ok(Written { belied_at: Some(offset_bytes), ..written })
        }
        done => done,
    }
}

fn run(
    backup: &Backup<'_>,
    changes: Option<&Changes>,
    means: &Means,
    work: &Work,
) -> Result<Written, BackupError> {
    let (store, at, key) = (backup.store, backup.at, backup.key);
    if let Some(made) = Manifest::find(store, at, key)? {
        store.remove(&names::running(at)?)?;
        return Ok(Written { object_count: made.packs.len() as u64, belied_at: None });
    }
    let source = Source { store, container: &at.container, key };
    // What the threads have in their hands, what is known, and the pack that is being filled.
    let per_thread = 2 * PIECE_BYTES + PACK_BYTES as u64;
    let known_bytes = means.budget.total_bytes() / 8;
    let free = means.budget.total_bytes().saturating_sub(known_bytes + 2 * PACK_BYTES as u64);
    let threads = usize::try_from(free / per_thread).unwrap_or(usize::MAX).clamp(1, means.threads.max(1));
    let _memory = means.budget.borrow(known_bytes + 2 * PACK_BYTES as u64 + threads as u64 * per_thread);
    if !store.list(&at.container, &at.prefix)?.is_empty() {
        // What an earlier try has left goes when this one ends.
        collect::later(store, &at.container)?;
    }
    let number = new_run()?;
    let prefixes = announce(store, number, at, backup.parent)?;
    let (mut packs, mut known) = (Packs::default(), Known::with_memory(known_bytes));
    let sizes = Sizes::list(store, &at.container)?;
    let sparse = learn(&source, &prefixes, &mut packs, &mut known, &sizes)?;
    let parent = match backup.parent {
        Some(parent) if prefixes.contains(&parent.prefix) => Parent::find(source, parent, key)?,
        _ => None,
    };
    let size_bytes = backup.disk.size_bytes();
    work.set_total(size_bytes);
    let run = Run {
        backup,
        account: changes.map(|changes| Account::new(changes, size_bytes)).transpose()?,
        work,
        packing: Packing::new(store, at, key, number, (packs, known)),
        parent,
        sizes,
        sparse,
        size_bytes,
        next_piece: AtomicU64::new(0),
        failed: AtomicBool::new(false),
        spans: Mutex::default(),
        tables: Mutex::default(),
        used: Mutex::default(),
    };
    on_threads(threads, &|| run.carry_on().inspect_err(|_| run.failed.store(true, Ordering::SeqCst)))?;
    run.finish()
}

/// A number that no other run has.
fn new_run() -> Result<u64, BackupError> {
    let mut run = [0; 8];
    getrandom::fill(&mut run).map_err(|error| BackupError::Refused(error.to_string()))?;
    Ok(u64::from_le_bytes(run))
}

struct Run<'a> {
    backup: &'a Backup<'a>,
    /// What the storage says of changes, if it does.
    account: Option<Account<'a>>,
    work: &'a Work,
    packing: Packing<'a>,
    parent: Option<Parent<'a>>,
    /// The packs that are there.
    sizes: Sizes<'a>,
    /// Packs that nothing new is to lead to.
    sparse: HashSet<u32>,
    size_bytes: u64,
    next_piece: AtomicU64,
    failed: AtomicBool,
    /// Stretches of which some pieces are made.
    spans: Mutex<BTreeMap<u64, Span>>,
    /// The tables of those that are whole; none for zeros.
    tables: Mutex<BTreeMap<u64, Option<Entry>>>,
    /// The packs that the tables lie in and lead to.
    used: Mutex<BTreeSet<u32>>,
}

/// A stretch that is being made.
struct Span {
    entries: Vec<Option<Entry>>,
    pieces_left: u64,
}

impl Run<'_> {
    fn carry_on(&self) -> Result<(), BackupError> {
        loop {
            let offset_bytes = self.next_piece.fetch_add(1, Ordering::SeqCst) * PIECE_BYTES;
            if offset_bytes >= self.size_bytes || self.failed.load(Ordering::SeqCst) {
                return Ok(());
            }
            let length = (self.size_bytes - offset_bytes).min(PIECE_BYTES);
            let entries = self.piece(offset_bytes, usize::try_from(length).unwrap_or(0))?;
            self.place(offset_bytes, &entries)?;
            self.work.advance(length)?;
        }
    }

    /// Where the chunks of a piece lie.
    fn piece(&self, offset_bytes: u64, length: usize) -> Result<Vec<Option<Entry>>, BackupError> {
        let (disk, before) = (self.backup.disk, self.before(offset_bytes, length)?);
        let Some(account) = &self.account else {
            return self.keep(&Piece::read(disk, offset_bytes, length)?, &before, &[]);
        };
        let said = account.says(offset_bytes, length, &before);
        if account.looks_at(offset_bytes) {
            let found = self.keep(&Piece::read(disk, offset_bytes, length)?, &before, &[])?;
            return inherit::check(&said, &found, offset_bytes).map(|()| found);
        }
        let piece = Piece::read_parts(disk, offset_bytes, length, inherit::unsaid(&said, length))?;
        self.keep(&piece, &before, &said)
    }

    /// What the parent has of the chunks of a piece, as far as it can be led to.
    fn before(&self, offset_bytes: u64, length: usize) -> Result<Vec<Before>, BackupError> {
        let count = length.div_ceil(CHUNK_BYTES);
        let Some(parent) = &self.parent else { return Ok(vec![Before::Unknown; count]) };
        let (span, first) = (offset_bytes / SPAN_BYTES, offset_bytes % SPAN_BYTES);
        let first = usize::try_from(first).unwrap_or(0) / CHUNK_BYTES;
        let mut filling = self.packing.filling();
        let table = parent.span(span, &mut filling.packs, &self.sizes)?;
        let before = |number: usize| {
            let end = offset_bytes + ((number + 1) * CHUNK_BYTES) as u64;
            if end.min(self.size_bytes) != end.min(parent.size_bytes()) {
                return Before::Unknown;
            }
            match table.as_ref().map(|table| table.get(first + number).copied()) {
                None if parent.is_zero(span) => Before::Zeros,
                None | Some(None) => Before::Unknown,
                Some(Some(None)) => Before::Zeros,
                Some(Some(Some(entry))) => {
                    let place = entry.place;
                    let end = u64::from(place.offset) + u64::from(place.length);
                    let is_there = self.sizes.may_reach(filling.packs.name(place.pack), end);
                    let is_good = is_there && !self.sparse.contains(&place.pack);
                    if is_good { Before::Kept(entry) } else { Before::Unknown }
                }
            }
        };
        Ok((0..count).map(before).collect())
    }

    /// Where the chunks of a piece lie, of which `said` may say some without their having been read.
    fn keep(
        &self,
        piece: &Piece,
        before: &[Before],
        said: &[Option<Option<Entry>>],
    ) -> Result<Vec<Option<Entry>>, BackupError> {
        let chunks = piece.bytes.chunks(CHUNK_BYTES).enumerate();
        let kept = chunks.map(|(number, content)| {
            if let Some(said) = said.get(number).copied().flatten() {
                return Ok(said);
            }
            let from = number * CHUNK_BYTES;
            if piece.is_hole(from, from + content.len()) || is_zero(content) {
                return Ok(None);
            }
            let id = id_of(Kind::Chunk, content, self.backup.key);
            match before.get(number) {
                Some(Before::Kept(entry)) if entry.id == id => Ok(Some(*entry)),
                _ => self.packing.keep(Kind::Chunk, id, content).map(Some),
            }
        });
        kept.collect()
    }

    /// Notes the chunks of a piece; the last one of a stretch makes its table.
    fn place(&self, offset_bytes: u64, entries: &[Option<Entry>]) -> Result<(), BackupError> {
        let number = offset_bytes / SPAN_BYTES;
        let length = (self.size_bytes - number * SPAN_BYTES).min(SPAN_BYTES);
        let first = usize::try_from(offset_bytes % SPAN_BYTES).unwrap_or(0) / CHUNK_BYTES;
        let whole = {
            let mut spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
            let chunks = usize::try_from(length.div_ceil(CHUNK_BYTES as u64)).unwrap_or(0);
            let new = || Span { entries: vec![None; chunks], pieces_left: length.div_ceil(PIECE_BYTES) };
            let span = spans.entry(number).or_insert_with(new);
            span.entries[first..first + entries.len()].copy_from_slice(entries);
            span.pieces_left -= 1;
            if span.pieces_left > 0 { None } else { spans.remove(&number) }
        };
        let Some(span) = whole else { return Ok(()) };
        let table = self.table(&span.entries)?;
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).insert(number, table);
        Ok(())
    }

    fn table(&self, entries: &[Option<Entry>]) -> Result<Option<Entry>, BackupError> {
        if entries.iter().all(Option::is_none) {
            return Ok(None);
        }
        let text = encode(entries, &self.packing.filling().packs);
        let id = id_of(Kind::Table, &text, self.backup.key);
        let table = self.packing.keep(Kind::Table, id, &text)?;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.extend(entries.iter().flatten().chain([&table]).map(|entry| entry.place.pack));
        Ok(Some(table))
    }

    /// The manifest of a backup whose packs are there, and whatever waited for this run to end.
    fn finish(self) -> Result<Written, BackupError> {
        let (store, at, key) = (self.backup.store, self.backup.at, self.backup.key);
        self.packing.flush()?;
        let (object_count, stored_bytes) = self.packing.put_so_far();
        let tables = self.tables.into_inner().unwrap_or_else(PoisonError::into_inner);
        let used = self.used.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut manifest = Manifest::new(self.backup.facts, self.size_bytes);
        manifest.stored_bytes = stored_bytes;
        let filling = self.packing.filling();
        manifest.packs = used.iter().map(|pack| filling.packs.name(*pack).to_owned()).collect();
        let numbers: HashMap<u32, usize> = used.iter().enumerate().map(|(at, pack)| (*pack, at)).collect();
        let table_ref = |Entry { id, place }| {
            TableRef::new(
                id,
                numbers.get(&place.pack).copied().unwrap_or_default(),
                place.offset,
                place.length,
            )
        };
        manifest.tables = tables.into_values().map(|table| table.map(table_ref)).collect();
        drop(filling);
        // Whoever stood still for long may have lost the backup to another run, or to its removal.
        self.work.advance(0)?;
        Mark::check_newest(self.packing.run(), store, at)?;
        manifest.write(store, at, key)?;
        store.remove(&names::running(at)?)?;
        collect::what_waited(store, &at.container, key)?;
        Ok(Written { object_count, belied_at: None })
    }
}
