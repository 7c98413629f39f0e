//! Packs that are being filled, and blobs that are read from them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ports::backup::{BackupStore, ObjectName};

use super::known::Known;
use super::manifest::{Manifest, TableRef};
use super::seal::{self, ChunkId, Kind, StoreKey};
use super::table::{self, Entry, MAX_TABLE_BYTES, Packs, Place};
use super::{CHUNK_BYTES, PACK_BYTES, names};
use crate::{BackupError, Location};

/// What a blob has beyond its content, at most.
const OVERHEAD_BYTES: usize = 64;

/// Where the blobs of one run go.
pub(super) struct Packing<'a> {
    store: &'a dyn BackupStore,
    at: &'a Location,
    /// Tells the packs of this run from those of all others.
    run: u64,
    key: Option<&'a StoreKey>,
    filling: Mutex<Filling>,
}

/// What all threads share.
pub(super) struct Filling {
    pub(super) packs: Packs,
    pub(super) known: Known,
    open: Vec<u8>,
    put: u32,
    stored_bytes: u64,
}

impl<'a> Packing<'a> {
    pub(super) fn new(
        store: &'a dyn BackupStore,
        at: &'a Location,
        key: Option<&'a StoreKey>,
        run: u64,
        (packs, known): (Packs, Known),
    ) -> Self {
        let filling = Filling { packs, known, open: Vec::new(), put: 0, stored_bytes: 0 };
        Self { store, at, run, key, filling: Mutex::new(filling) }
    }

    /// The run that it is of.
    pub(super) const fn run(&self) -> u64 {
        self.run
    }

    /// Where `content` lies, which is kept if it is not yet.
    pub(super) fn keep(&self, kind: Kind, id: ChunkId, content: &[u8]) -> Result<Entry, BackupError> {
        if let Some(place) = self.filling().known.get(id) {
            return Ok(Entry { id, place });
        }
        let blob = seal::seal(kind, id, content, self.key)?;
        let (place, full) = self.add(id, &blob);
        if let Some((name, pack)) = full {
            self.put(&name, pack)?;
        }
        Ok(Entry { id, place })
    }

    /// Adds a blob, unless another thread was faster; a pack that is full by it is to be put.
    fn add(&self, id: ChunkId, blob: &[u8]) -> (Place, Option<(String, Vec<u8>)>) {
        let mut filling = self.filling();
        if let Some(place) = filling.known.get(id) {
            return (place, None);
        }
        let name = names::pack(self.at, self.run, filling.put);
        if filling.open.is_empty() {
            filling.open.reserve_exact(PACK_BYTES + MAX_TABLE_BYTES + OVERHEAD_BYTES);
        }
        let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        let (offset, pack) = (length(filling.open.len()), filling.packs.number(&name));
        filling.open.extend_from_slice(blob);
        let place = Place { pack, offset, length: length(blob.len()) };
        filling.known.insert(id, place);
        let is_full = filling.open.len() >= PACK_BYTES;
        (place, is_full.then(|| (name, filling.take())))
    }

    /// Puts what is left. All that was kept is durable when this returns, if every earlier call has returned.
    pub(super) fn flush(&self) -> Result<(), BackupError> {
        let mut filling = self.filling();
        if filling.open.is_empty() {
            return Ok(());
        }
        let name = names::pack(self.at, self.run, filling.put);
        let pack = filling.take();
        drop(filling);
        self.put(&name, pack)
    }

    fn put(&self, name: &str, pack: Vec<u8>) -> Result<(), BackupError> {
        Ok(self.store.put_all(&self.at.named(name)?, pack)?)
    }

    pub(super) fn filling(&self) -> MutexGuard<'_, Filling> {
        self.filling.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many packs were put, and their bytes.
    pub(super) fn put_so_far(&self) -> (u64, u64) {
        let filling = self.filling();
        (u64::from(filling.put), filling.stored_bytes)
    }
}

impl Filling {
    fn take(&mut self) -> Vec<u8> {
        self.put += 1;
        self.stored_bytes += self.open.len() as u64;
        std::mem::take(&mut self.open)
    }
}

/// Where blobs are read from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) store: &'a dyn BackupStore,
    pub(super) container: &'a str,
    pub(super) key: Option<&'a StoreKey>,
}

impl Source<'_> {
    /// A table of a backup; the packs that it leads to get their numbers in `packs`.
    pub(super) fn table(
        &self,
        manifest: &Manifest,
        table: &TableRef,
        packs: &mut Packs,
    ) -> Result<Vec<Option<Entry>>, BackupError> {
        let name = manifest.packs.get(table.pack).map_or("", String::as_str);
        let object = ObjectName::new(self.container, name)?;
        let damaged = |why: &dyn ToString| {
            BackupError::damaged(&object, format!("the table at {}: {}", table.offset, why.to_string()))
        };
        let blob = self.bytes(&object, table.offset, table.length, MAX_TABLE_BYTES + OVERHEAD_BYTES)?;
        let text = seal::open(Kind::Table, table.id(), &blob, MAX_TABLE_BYTES, self.key);
        let text = text.map_err(|damage| damaged(&damage))?;
        table::decode(&text, packs).ok_or_else(|| damaged(&"it makes no sense"))
    }

    /// Chunks that lie one behind the other in `pack`, each handed to `use_it` with its number in `run`.
    pub(super) fn chunks(
        &self,
        pack: &str,
        run: &[Entry],
        mut use_it: impl FnMut(usize, &[u8]) -> Result<(), BackupError>,
    ) -> Result<(), BackupError> {
        let Some(first) = run.first() else { return Ok(()) };
        let object = ObjectName::new(self.container, pack)?;
        let length = run.iter().fold(0_u32, |sum, entry| sum.saturating_add(entry.place.length));
        let most = run.len() * (CHUNK_BYTES + OVERHEAD_BYTES);
        let bytes = self.bytes(&object, first.place.offset, length, most)?;
        let mut rest = bytes.as_slice();
        for (number, entry) in run.iter().enumerate() {
            let (blob, behind) = rest.split_at(entry.place.length as usize);
            rest = behind;
            let chunk = seal::open(Kind::Chunk, entry.id, blob, CHUNK_BYTES, self.key);
            let chunk = chunk.map_err(|damage| {
                BackupError::damaged(&object, format!("the chunk at {}: {damage}", entry.place.offset))
            })?;
            use_it(number, &chunk)?;
        }
        Ok(())
    }

    fn bytes(
        &self,
        object: &ObjectName,
        offset: u32,
        length: u32,
        most: usize,
    ) -> Result<Vec<u8>, BackupError> {
        let wanted = usize::try_from(length).ok().filter(|length| *length <= most);
        let Some(wanted) = wanted else {
            return Err(BackupError::damaged(object, format!("a blob of {length} bytes is too long")));
        };
        let bytes = self.store.get_part(object, u64::from(offset), wanted)?;
        if bytes.len() < wanted {
            return Err(BackupError::damaged(
                object,
                format!(
                    "it ends at {}, and {wanted} bytes were put at {offset}",
                    u64::from(offset) + bytes.len() as u64
                ),
            ));
        }
        Ok(bytes)
    }
}

/// Runs of chunks that lie one behind the other in one pack, each with the number of its first in `entries`; none has
/// more than `most` chunks. Chunks of zeros are in none.
pub(super) fn runs(entries: &[Option<Entry>], most: usize) -> Vec<(usize, Vec<Entry>)> {
    let mut runs: Vec<(usize, Vec<Entry>)> = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        let Some(entry) = entry else { continue };
        if let Some((first, run)) = runs.last_mut()
            && *first + run.len() == number
            && run.len() < most
            && run.last().is_some_and(|last| is_behind(last.place, entry.place))
        {
            run.push(*entry);
            continue;
        }
        runs.push((number, vec![*entry]));
    }
    runs
}

fn is_behind(last: Place, next: Place) -> bool {
    last.pack == next.pack && last.offset.checked_add(last.length) == Some(next.offset)
}
