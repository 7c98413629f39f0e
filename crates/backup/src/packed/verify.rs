//! Looking whether a backup is whole.

use ports::Work;
use ports::backup::BackupStore;

use super::manifest::Manifest;
use super::pack::{Source, runs};
use super::restore::{RUN_CHUNKS, each_span};
use super::seal::StoreKey;
use super::sizes::Sizes;
use crate::{BackupError, Depth, Location, Means};

/// Looks whether one backup is whole. Returns how many packs it leads to.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn verify(
    store: &dyn BackupStore,
    at: &Location,
    key: Option<&StoreKey>,
    depth: Depth,
    means: &Means,
    work: &Work,
) -> Result<u64, BackupError> {
    let manifest = Manifest::read(store, at, key)?;
    work.set_total(manifest.size_bytes);
    let source = Source { store, container: &at.container, key };
    let sizes = Sizes::list(store, &at.container)?;
    each_span(&source, &manifest, means, |span, entries, packs| {
        for entry in entries.iter().flatten() {
            let name = packs.name(entry.place.pack);
            let end = u64::from(entry.place.offset) + u64::from(entry.place.length);
            match sizes.of(name)? {
                Some(size) if size >= end => {}
                Some(size) => {
                    let why = format!("it has {size} bytes, and a chunk ends at {end}");
                    return Err(BackupError::damaged(name, why));
                }
                None => return Err(BackupError::damaged(name, "it is not there")),
            }
        }
        if depth == Depth::Deep {
            for (_, run) in runs(&entries, RUN_CHUNKS) {
                let pack = run.first().map_or("", |entry| packs.name(entry.place.pack));
                source.chunks(pack, &run, |_, _| Ok(()))?;
            }
        }
        Ok(work.advance(span.length_bytes)?)
    })?;
    Ok(manifest.packs.len() as u64)
}
