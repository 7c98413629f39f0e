//! Restoring: table by table, every chunk compared with its name, then a comparison of the whole volume.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use ports::Work;
use ports::backup::BackupStore;
use ports::volume::Disk;

use super::manifest::Manifest;
use super::pack::{Source, runs};
use super::seal::{Kind, StoreKey, id_of};
use super::table::{Entry, Packs};
use super::{CHUNK_BYTES, PIECE_BYTES, SPAN_BYTES};
use crate::pieces::{self, Piece, is_zero};
use crate::threads::on_threads;
use crate::{BackupError, Location, Means};

/// Chunks that are fetched at a time.
pub(super) const RUN_CHUNKS: usize = 64;
/// What a thread has in its hands, in bytes: what it fetches, what comes out of it, and a table.
pub(super) const THREAD_BYTES: u64 = 3 * (RUN_CHUNKS * CHUNK_BYTES) as u64;

/// Restores the backup at `at` to `disk`. Returns the volume's own data, as JSON text. What was restored is durable and
/// equals what was backed up when this returns.
///
/// # Errors
/// The disk holds something between what it had and what it should have.
pub fn restore(
    store: &dyn BackupStore,
    at: &Location,
    key: Option<&StoreKey>,
    disk: &dyn Disk,
    means: &Means,
    work: &Work,
) -> Result<Option<String>, BackupError> {
    let manifest = Manifest::read(store, at, key)?;
    if manifest.size_bytes > disk.size_bytes() {
        let (backup, volume) = (manifest.size_bytes, disk.size_bytes());
        return Err(BackupError::Refused(format!("a backup of {backup} bytes for {volume} bytes")));
    }
    // The comparison reads the volume once more.
    work.set_total(manifest.size_bytes.saturating_mul(2));
    let source = Source { store, container: &at.container, key };
    each_span(&source, &manifest, means, |span, entries, packs| {
        write_span(&source, disk, span, &entries, packs)?;
        Ok(work.advance(span.length_bytes)?)
    })?;
    disk.sync().map_err(BackupError::disk("syncing", 0))?;
    compare_all(&source, &manifest, disk, means, work)?;
    Ok(manifest.volume_meta)
}

/// Looks whether `disk` begins with what was backed up. Only the tables of the backup are read.
///
/// # Errors
/// [`BackupError::Differs`], or nobody can tell.
pub fn compare(
    store: &dyn BackupStore,
    at: &Location,
    key: Option<&StoreKey>,
    disk: &dyn Disk,
    means: &Means,
    work: &Work,
) -> Result<(), BackupError> {
    let manifest = Manifest::read(store, at, key)?;
    if manifest.size_bytes > disk.size_bytes() {
        let (backup, volume) = (manifest.size_bytes, disk.size_bytes());
        return Err(BackupError::Refused(format!("a backup of {backup} bytes beside {volume} bytes")));
    }
    work.set_total(manifest.size_bytes);
    compare_all(&Source { store, container: &at.container, key }, &manifest, disk, means, work)
}

fn compare_all(
    source: &Source<'_>,
    manifest: &Manifest,
    disk: &dyn Disk,
    means: &Means,
    work: &Work,
) -> Result<(), BackupError> {
    let differing = Mutex::new(Differing::default());
    each_span(source, manifest, means, |span, entries, _| {
        compare_span(disk, source.key, span, &entries, &differing)?;
        Ok(work.advance(span.length_bytes)?)
    })?;
    match differing.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Differing { chunks: 0, .. } => Ok(()),
        Differing { chunks, first_bytes } => Err(BackupError::Differs {
            blocks: chunks,
            block_bytes: CHUNK_BYTES as u64,
            offset_bytes: first_bytes,
        }),
    }
}

/// What one table covers.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) offset_bytes: u64,
    pub(super) length_bytes: u64,
}

impl Span {
    fn chunks(self) -> usize {
        usize::try_from(self.length_bytes.div_ceil(CHUNK_BYTES as u64)).unwrap_or(0)
    }

    /// How long the chunk with this number is.
    pub(super) fn chunk_bytes(self, number: usize) -> usize {
        let behind = self.length_bytes - (number * CHUNK_BYTES) as u64;
        usize::try_from(behind).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES)
    }
}

/// Calls `use_it` with every stretch of a backup, on several threads, until one call fails or a table is damaged. The
/// entries are as many as the stretch has chunks.
pub(super) fn each_span(
    source: &Source<'_>,
    manifest: &Manifest,
    means: &Means,
    use_it: impl Fn(Span, Vec<Option<Entry>>, &Packs) -> Result<(), BackupError> + Sync,
) -> Result<(), BackupError> {
    each_table(source, manifest, means, |span, entries, packs| use_it(span, entries?, packs))
}

/// As [`each_span`], and leaves it to `use_it` what becomes of a damaged table.
pub(super) fn each_table(
    source: &Source<'_>,
    manifest: &Manifest,
    means: &Means,
    use_it: impl Fn(Span, Result<Vec<Option<Entry>>, BackupError>, &Packs) -> Result<(), BackupError> + Sync,
) -> Result<(), BackupError> {
    let (next, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    on_threads(means.threads.clamp(1, manifest.tables.len().max(1)), &|| {
        loop {
            let _memory = means.budget.borrow(THREAD_BYTES);
            let number = next.fetch_add(1, Ordering::SeqCst);
            let table = usize::try_from(number).ok().and_then(|number| manifest.tables.get(number));
            let Some(table) = table.filter(|_| !failed.load(Ordering::SeqCst)) else { return Ok(()) };
            let offset_bytes = number * SPAN_BYTES;
            let span =
                Span { offset_bytes, length_bytes: (manifest.size_bytes - offset_bytes).min(SPAN_BYTES) };
            let mut packs = Packs::default();
            let entries = match table {
                Some(table) => source.table(manifest, table, &mut packs),
                None => Ok(vec![None; span.chunks()]),
            };
            let entries = entries.and_then(|entries| match entries.len() == span.chunks() {
                true => Ok(entries),
                false => {
                    let why = format!("it names {} chunks, and not {}", entries.len(), span.chunks());
                    Err(BackupError::damaged(format!("the table of {offset_bytes}"), why))
                }
            });
            let done = use_it(span, entries, &packs);
            done.inspect_err(|_| failed.store(true, Ordering::SeqCst))?;
        }
    })
}

fn write_span(
    source: &Source<'_>,
    disk: &dyn Disk,
    span: Span,
    entries: &[Option<Entry>],
    packs: &Packs,
) -> Result<(), BackupError> {
    write_zeros(disk, span, entries)?;
    for (first, run) in runs(entries, RUN_CHUNKS) {
        write_run(source, disk, (span, first), &run, packs)?;
    }
    Ok(())
}

/// Makes zero what is zero in a stretch.
pub(super) fn write_zeros(disk: &dyn Disk, span: Span, entries: &[Option<Entry>]) -> Result<(), BackupError> {
    let place = |number: usize| span.offset_bytes + (number * CHUNK_BYTES) as u64;
    let mut zero_from = None;
    for number in 0..=entries.len() {
        match (entries.get(number), zero_from) {
            (Some(None), None) => zero_from = Some(number),
            (Some(None), Some(_)) | (Some(Some(_)) | None, None) => {}
            (Some(Some(_)) | None, Some(from)) => {
                let end = place(number).min(span.offset_bytes + span.length_bytes);
                pieces::make_zero(disk, place(from), end - place(from))?;
                zero_from = None;
            }
        }
    }
    Ok(())
}

/// Writes chunks that lie one behind the other in one pack, the first of which is the one called `first` of its stretch.
pub(super) fn write_run(
    source: &Source<'_>,
    disk: &dyn Disk,
    (span, first): (Span, usize),
    run: &[Entry],
    packs: &Packs,
) -> Result<(), BackupError> {
    let pack = run.first().map_or("", |entry| packs.name(entry.place.pack));
    source.chunks(pack, run, |number, content| {
        let number = first + number;
        if content.len() != span.chunk_bytes(number) {
            return Err(BackupError::damaged(pack, format!("a chunk has {} bytes", content.len())));
        }
        pieces::write(disk, content, span.offset_bytes + (number * CHUNK_BYTES) as u64)
    })
}

/// What was found to differ.
#[derive(Default)]
struct Differing {
    chunks: u64,
    first_bytes: u64,
}

fn compare_span(
    disk: &dyn Disk,
    key: Option<&StoreKey>,
    span: Span,
    entries: &[Option<Entry>],
    differing: &Mutex<Differing>,
) -> Result<(), BackupError> {
    let mut offset = 0;
    while offset < span.length_bytes {
        let length = (span.length_bytes - offset).min(PIECE_BYTES);
        let piece = Piece::read(disk, span.offset_bytes + offset, usize::try_from(length).unwrap_or(0))?;
        let first = usize::try_from(offset).unwrap_or(0) / CHUNK_BYTES;
        for (number, content) in piece.bytes.chunks(CHUNK_BYTES).enumerate() {
            let from = number * CHUNK_BYTES;
            let is_same = match entries.get(first + number).copied().flatten() {
                None => piece.is_hole(from, from + content.len()) || is_zero(content),
                Some(entry) => id_of(Kind::Chunk, content, key) == entry.id,
            };
            if !is_same {
                let at = piece.offset_bytes + from as u64;
                let mut differing = differing.lock().unwrap_or_else(PoisonError::into_inner);
                differing.first_bytes =
                    if differing.chunks == 0 { at } else { differing.first_bytes.min(at) };
                differing.chunks += 1;
            }
        }
        offset += length;
    }
    Ok(())
}
