//! What a run may lead to instead of keeping it once more: the chunks of earlier backups in the same container.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use ports::backup::BackupStore;

use super::manifest::Manifest;
use super::mark::Mark;
use super::names::{self, Kind};
use super::pack::Source;
use super::seal::{ChunkId, StoreKey};
use super::sizes::Sizes;
use super::sparse;
use super::table::{Entry, Packs, Place};
use crate::{BackupError, Location};

/// What the map needs for a chunk, in bytes.
const ENTRY_BYTES: u64 = 96;

/// Places of chunks and tables by their names, as many as fit.
#[derive(Debug, Default)]
pub(super) struct Known {
    places: HashMap<ChunkId, Place>,
    /// Where else some of them lie.
    others: HashMap<ChunkId, Place>,
    most: usize,
}

impl Known {
    pub(super) fn with_memory(bytes: u64) -> Self {
        let most = usize::try_from(bytes / ENTRY_BYTES).unwrap_or(usize::MAX);
        Self { most, ..Self::default() }
    }

    pub(super) fn get(&self, id: ChunkId) -> Option<Place> {
        self.places.get(&id).copied()
    }

    /// Remembers a chunk if there is room; what is not remembered is only kept twice.
    pub(super) fn insert(&mut self, id: ChunkId, place: Place) {
        if self.is_full() {
            return;
        }
        let first = *self.places.entry(id).or_insert(place);
        if first.pack != place.pack {
            self.others.insert(id, place);
        }
    }

    /// Every place.
    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.places.values().chain(self.others.values())
    }

    /// Forgets places; what lies elsewhere as well is found there from now on.
    pub(super) fn forget(&mut self, unwanted: impl Fn(&Place) -> bool) {
        self.places.retain(|id, place| {
            if unwanted(place) {
                match self.others.remove(id).filter(|other| !unwanted(other)) {
                    Some(other) => *place = other,
                    None => return false,
                }
            }
            true
        });
        self.others = HashMap::new();
    }

    fn is_full(&self) -> bool {
        self.places.len() + self.others.len() >= self.most
    }
}

/// Says in the store which manifests the run for `at` may lead to the packs of, and returns their prefixes: the parent's
/// first, then those of the same volume. Whoever collects sees them from now on.
pub(super) fn announce(
    store: &dyn BackupStore,
    run: u64,
    at: &Location,
    parent: Option<&Location>,
) -> Result<Vec<String>, BackupError> {
    let found = store.list(&at.container, names::PREFIX)?;
    let manifests = found.iter().filter_map(|object| match Kind::of(&object.name) {
        Kind::Manifest(prefix) if prefix != at.prefix => Some(prefix.to_owned()),
        _ => None,
    });
    let of_volume = at.prefix.split("_backup_").next().unwrap_or_default();
    let is_parent = |prefix: &str| parent.is_some_and(|it| it.prefix == prefix);
    let mut prefixes: Vec<String> = manifests.collect();
    prefixes.sort_by_key(|prefix| (!is_parent(prefix), !prefix.starts_with(of_volume)));
    let mark = Mark { run: Some(run), leads_to: prefixes };
    mark.put(store, at)?;
    Ok(mark.leads_to)
}

/// Learns the chunks of the backups with these prefixes, as long as there is room. Backups that went meanwhile, or cannot
/// be read, are left out, and so is what lies in packs that are not whole. Returns the packs that nothing new is to lead to.
pub(super) fn learn(
    source: &Source<'_>,
    prefixes: &[String],
    packs: &mut Packs,
    known: &mut Known,
    sizes: &Sizes<'_>,
) -> Result<HashSet<u32>, BackupError> {
    let is_whole = |packs: &Packs, place: Place| {
        let end = u64::from(place.offset) + u64::from(place.length);
        sizes.may_reach(packs.name(place.pack), end)
    };
    for prefix in prefixes {
        let at = Location { container: source.container.to_owned(), prefix: prefix.clone() };
        let found = readable(Manifest::find(source.store, &at, source.key))?;
        let Some(manifest) = found.flatten() else { continue };
        for table in manifest.tables.iter().flatten() {
            if known.is_full() {
                // Nobody can tell any more what is needed of a pack.
                return Ok(HashSet::new());
            }
            let pack = packs.number(manifest.packs.get(table.pack).map_or("", String::as_str));
            let place = Place { pack, offset: table.offset, length: table.length };
            if known.get(table.id()).is_some() || !is_whole(packs, place) {
                continue;
            }
            let Some(entries) = readable(source.table(&manifest, table, packs))? else { continue };
            let entries = entries.iter().flatten().filter(|entry| is_whole(packs, entry.place));
            entries.for_each(|entry| known.insert(entry.id, entry.place));
            known.insert(table.id(), place);
        }
    }
    Ok(sparse::shun(known, packs, sizes))
}

/// None for what is damaged: nothing is led to it. A store that fails is a failure.
fn readable<T>(found: Result<T, BackupError>) -> Result<Option<T>, BackupError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(BackupError::Damaged { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The tables of the backup that another is an increment of: what did not change is found by its position, however large
/// the volume is.
pub(super) struct Parent<'a> {
    source: Source<'a>,
    manifest: Manifest,
    tables: Mutex<BTreeMap<u64, Table>>,
}

/// A table that several threads look at.
type Table = Arc<Vec<Option<Entry>>>;

/// Tables of the parent that are kept in memory.
const TABLES: usize = 8;

impl<'a> Parent<'a> {
    /// None when there is no such backup any more.
    pub(super) fn find(
        source: Source<'a>,
        at: &Location,
        key: Option<&StoreKey>,
    ) -> Result<Option<Self>, BackupError> {
        let manifest = readable(Manifest::find(source.store, at, key))?.flatten();
        Ok(manifest.map(|manifest| Self { source, manifest, tables: Mutex::default() }))
    }

    /// How long the volume was then.
    pub(super) fn size_bytes(&self) -> u64 {
        self.manifest.size_bytes
    }

    /// Whether a stretch was all zeros then.
    pub(super) fn is_zero(&self, span: u64) -> bool {
        usize::try_from(span).is_ok_and(|span| matches!(self.manifest.tables.get(span), Some(None)))
    }

    /// The chunks of a stretch; none where there is nothing to compare with.
    pub(super) fn span(
        &self,
        span: u64,
        packs: &mut Packs,
        sizes: &Sizes<'_>,
    ) -> Result<Option<Table>, BackupError> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = tables.get(&span) {
            return Ok(Some(Arc::clone(table)));
        }
        let wanted = usize::try_from(span).ok().and_then(|span| self.manifest.tables.get(span)?.as_ref());
        let Some(wanted) = wanted else { return Ok(None) };
        let pack = self.manifest.packs.get(wanted.pack).map_or("", String::as_str);
        if !sizes.may_reach(pack, u64::from(wanted.offset) + u64::from(wanted.length)) {
            return Ok(None);
        }
        let Some(table) = readable(self.source.table(&self.manifest, wanted, packs))? else {
            return Ok(None);
        };
        let table = Arc::new(table);
        if tables.len() >= TABLES {
            tables.pop_first();
        }
        tables.insert(span, Arc::clone(&table));
        Ok(Some(table))
    }
}
