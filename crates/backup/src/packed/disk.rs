//! A backup as a disk that is read where somebody looks: nothing is restored.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::Hash;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, PoisonError};

use ports::backup::BackupStore;
use ports::volume::{Disk, Extent};

use super::manifest::Manifest;
use super::pack::Source;
use super::restore::Span;
use super::seal::StoreKey;
use super::table::{Entry, Packs};
use super::{CHUNK_BYTES, SPAN_BYTES};
use crate::{BackupError, Location};

/// Chunks that are kept, whoever asks next: 32 MiB.
const KEPT_CHUNKS: usize = 512;
/// Tables that are kept: each some 50 KiB.
const KEPT_TABLES: usize = 64;
/// Chunks that are fetched at a time when they lie one behind the other.
const AHEAD_CHUNKS: usize = 16;

/// A backup that is read.
pub struct PackedDisk {
    store: Arc<dyn BackupStore>,
    at: Location,
    key: Option<StoreKey>,
    manifest: Manifest,
    tables: Mutex<Kept<u64, Arc<Table>>>,
    chunks: Mutex<Kept<u64, Arc<Vec<u8>>>>,
}

struct Table {
    entries: Vec<Option<Entry>>,
    packs: Packs,
}

impl fmt::Debug for PackedDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PackedDisk").field("at", &self.at).finish_non_exhaustive()
    }
}

impl PackedDisk {
    /// Opens the backup at `at`.
    ///
    /// # Errors
    /// Its manifest cannot be read.
    pub fn open(
        store: Arc<dyn BackupStore>,
        at: Location,
        key: Option<StoreKey>,
    ) -> Result<Self, BackupError> {
        let manifest = Manifest::read(&*store, &at, key.as_ref())?;
        let (tables, chunks) = (Mutex::new(Kept::new(KEPT_TABLES)), Mutex::new(Kept::new(KEPT_CHUNKS)));
        Ok(Self { store, at, key, manifest, tables, chunks })
    }

    fn source(&self) -> Source<'_> {
        Source { store: &*self.store, container: &self.at.container, key: self.key.as_ref() }
    }

    /// The table of a stretch; none for zeros.
    fn table(&self, span: u64) -> Result<Option<Arc<Table>>, BackupError> {
        let number = usize::try_from(span).unwrap_or(usize::MAX);
        let Some(Some(reference)) = self.manifest.tables.get(number) else { return Ok(None) };
        if let Some(kept) = lock(&self.tables).get(&span) {
            return Ok(Some(kept));
        }
        let mut packs = Packs::default();
        let entries = self.source().table(&self.manifest, reference, &mut packs)?;
        let table = Arc::new(Table { entries, packs });
        lock(&self.tables).keep(span, Arc::clone(&table));
        Ok(Some(table))
    }

    /// The chunk with this number on the volume; none for zeros.
    fn chunk(&self, chunk: u64) -> Result<Option<Arc<Vec<u8>>>, BackupError> {
        let per_span = SPAN_BYTES / CHUNK_BYTES as u64;
        let Some(table) = self.table(chunk / per_span)? else { return Ok(None) };
        let first = usize::try_from(chunk % per_span).unwrap_or(0);
        let Some(entry) = table.entries.get(first).copied().flatten() else { return Ok(None) };
        if let Some(kept) = lock(&self.chunks).get(&chunk) {
            return Ok(Some(kept));
        }
        let ahead = &table.entries[first..table.entries.len().min(first + AHEAD_CHUNKS)];
        let run = super::pack::runs(ahead, AHEAD_CHUNKS).into_iter().next();
        let run = run.map_or_else(|| vec![entry], |(_, run)| run);
        let fetched = self.fetch(&table, chunk, &run);
        // What lies behind it may be damaged when it is not.
        let found =
            if fetched.is_err() && run.len() > 1 { self.fetch(&table, chunk, &run[..1])? } else { fetched? };
        let wanted = found.first().cloned();
        let mut chunks = lock(&self.chunks);
        for (number, content) in (chunk..).zip(found) {
            chunks.keep(number, content);
        }
        Ok(wanted)
    }

    fn fetch(&self, table: &Table, first: u64, run: &[Entry]) -> Result<Vec<Arc<Vec<u8>>>, BackupError> {
        let pack = run.first().map_or("", |entry| table.packs.name(entry.place.pack));
        let mut found = Vec::with_capacity(run.len());
        self.source().chunks(pack, run, |number, content| {
            let length = self.length_of(first + number as u64);
            if content.len() as u64 != length {
                return Err(BackupError::damaged(pack, format!("a chunk has {} bytes", content.len())));
            }
            found.push(Arc::new(content.to_vec()));
            Ok(())
        })?;
        Ok(found)
    }

    fn length_of(&self, chunk: u64) -> u64 {
        let from = chunk * CHUNK_BYTES as u64;
        self.manifest.size_bytes.saturating_sub(from).min(CHUNK_BYTES as u64)
    }

    fn check(&self, offset_bytes: u64, length: usize) -> io::Result<()> {
        match offset_bytes.checked_add(length as u64) {
            Some(end) if end <= self.manifest.size_bytes => Ok(()),
            _ => Err(io::Error::from(ErrorKind::UnexpectedEof)),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Disk for PackedDisk {
    fn size_bytes(&self) -> u64 {
        self.manifest.size_bytes
    }

    fn read_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<()> {
        self.check(offset_bytes, buffer.len())?;
        let mut done = 0;
        while done < buffer.len() {
            let at = offset_bytes + done as u64;
            let within = usize::try_from(at % CHUNK_BYTES as u64).unwrap_or(0);
            let length = (CHUNK_BYTES - within).min(buffer.len() - done);
            let part = &mut buffer[done..done + length];
            match self.chunk(at / CHUNK_BYTES as u64).map_err(io::Error::other)? {
                Some(content) => part.copy_from_slice(&content[within..within + length]),
                None => part.fill(0),
            }
            done += length;
        }
        Ok(())
    }

    fn write_at(&self, _bytes: &[u8], _offset_bytes: u64) -> io::Result<()> {
        Err(ErrorKind::ReadOnlyFilesystem.into())
    }

    fn zero_at(&self, _offset_bytes: u64, _length_bytes: u64) -> io::Result<()> {
        Err(ErrorKind::ReadOnlyFilesystem.into())
    }

    fn extent_at(&self, offset_bytes: u64) -> io::Result<Extent> {
        let number = offset_bytes / SPAN_BYTES;
        let rest = self.manifest.size_bytes.saturating_sub(number * SPAN_BYTES);
        let span = Span { offset_bytes: number * SPAN_BYTES, length_bytes: rest.min(SPAN_BYTES) };
        let within = offset_bytes - span.offset_bytes;
        let Some(table) = self.table(number).map_err(io::Error::other)? else {
            return Ok(Extent { length_bytes: span.length_bytes.saturating_sub(within), is_zero: true });
        };
        let first = usize::try_from(within).unwrap_or(0) / CHUNK_BYTES;
        let is_zero = table.entries.get(first).is_none_or(Option::is_none);
        let alike = table.entries.iter().skip(first).take_while(|entry| entry.is_none() == is_zero).count();
        let end = ((first + alike) * CHUNK_BYTES) as u64;
        Ok(Extent { length_bytes: end.min(span.length_bytes).saturating_sub(within), is_zero })
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The last few things that were fetched.
struct Kept<K, V> {
    most: usize,
    by_key: HashMap<K, V>,
    order: VecDeque<K>,
}

impl<K: Hash + Eq + Copy, V: Clone> Kept<K, V> {
    fn new(most: usize) -> Self {
        Self { most, by_key: HashMap::new(), order: VecDeque::new() }
    }

    fn get(&self, key: &K) -> Option<V> {
        self.by_key.get(key).cloned()
    }

    fn keep(&mut self, key: K, value: V) {
        if self.by_key.insert(key, value).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > self.most {
            if let Some(oldest) = self.order.pop_front() {
                self.by_key.remove(&oldest);
            }
        }
    }
}
