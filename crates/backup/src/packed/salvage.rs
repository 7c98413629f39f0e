//! Restoring what is not damaged.

use ports::Work;
use ports::backup::BackupStore;
use ports::volume::Disk;

use super::CHUNK_BYTES;
use super::manifest::Manifest;
use super::pack::{Source, runs};
use super::restore::{RUN_CHUNKS, Span, each_table, write_run, write_zeros};
use super::seal::StoreKey;
use super::table::{Entry, Packs};
use crate::salvage::{Losses, Lost};
use crate::{BackupError, Location, Means};

/// Restores what it can of the backup at `at` to `disk`, and returns the rest: stretches that are left as they were.
///
/// # Errors
/// The manifest is damaged, or the store or the disk failed.
pub fn salvage(
    store: &dyn BackupStore,
    at: &Location,
    key: Option<&StoreKey>,
    disk: &dyn Disk,
    means: &Means,
    work: &Work,
) -> Result<Vec<Lost>, BackupError> {
    let manifest = Manifest::read(store, at, key)?;
    work.set_total(manifest.size_bytes);
    let source = Source { store, container: &at.container, key };
    let losses = Losses::default();
    each_table(&source, &manifest, means, |span, entries, packs| {
        match entries {
            Ok(entries) => {
                write_zeros(disk, span, &entries)?;
                for (first, run) in runs(&entries, RUN_CHUNKS) {
                    salvage_run(&source, disk, (span, first), &run, packs, &losses)?;
                }
            }
            Err(error) => losses.note(error, (span.offset_bytes, span.length_bytes))?,
        }
        Ok(work.advance(span.length_bytes)?)
    })?;
    disk.sync().map_err(BackupError::disk("syncing", 0))?;
    Ok(losses.into_sorted())
}

/// All of a run, or else each of its chunks that can be had.
fn salvage_run(
    source: &Source<'_>,
    disk: &dyn Disk,
    (span, first): (Span, usize),
    run: &[Entry],
    packs: &Packs,
    losses: &Losses,
) -> Result<(), BackupError> {
    if write_run(source, disk, (span, first), run, packs).is_ok() {
        return Ok(());
    }
    for (number, entry) in (first..).zip(run) {
        if let Err(error) = write_run(source, disk, (span, number), std::slice::from_ref(entry), packs) {
            let offset_bytes = span.offset_bytes + (number * CHUNK_BYTES) as u64;
            losses.note(error, (offset_bytes, span.chunk_bytes(number) as u64))?;
        }
    }
    Ok(())
}
