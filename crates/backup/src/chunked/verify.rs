//! Looking whether a backup is whole, and whether a volume is what was backed up.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ports::Work;
use ports::backup::BackupStore;
use ports::volume::Disk;

use super::documents::Hashes;
use super::objects::Stored;
use super::restore::{each, read};
use super::{HASHES, Layer, MAX_OBJECT_BYTES};
use crate::hash::sha256;
use crate::pieces::Piece;
use crate::threads::on_threads;
use crate::{BackupError, Depth, Location, Means};

/// Looks whether one backup is whole. Returns how many objects with content it has.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn verify(
    store: &dyn BackupStore,
    layer: &Layer,
    depth: Depth,
    means: &Means,
    work: &Work,
) -> Result<u64, BackupError> {
    let document = read(store, layer)?;
    Hashes::read(store, &layer.at)?;
    if depth == Depth::Deep {
        work.set_total(document.content_bytes());
        each(&document, means, |object| {
            let stored = Stored::new(store, &layer.at, object)?;
            stored.read(&means.budget, |bytes, _| Ok(work.advance(bytes.len() as u64)?))
        })?;
    }
    Ok(document.objects.len() as u64)
}

/// Compares a volume, the first `end_bytes` of `disk`, with the hashes of its backup.
pub(super) fn compare(
    store: &dyn BackupStore,
    at: &Location,
    (disk, end_bytes): (&dyn Disk, u64),
    means: &Means,
    work: &Work,
) -> Result<(), BackupError> {
    let hashes = Hashes::read(store, at)?;
    let block_bytes = hashes.chunk_size;
    if block_bytes > MAX_OBJECT_BYTES {
        let why = format!("its blocks of {block_bytes} bytes are larger than {MAX_OBJECT_BYTES}");
        return Err(BackupError::Refused(format!("{at:?}: {why}")));
    }
    let blocks = hashes.sha256s.len() as u64;
    if end_bytes.div_ceil(block_bytes) != blocks {
        let why = format!("it has {blocks} hashes of {block_bytes} bytes for {end_bytes} bytes");
        return Err(BackupError::damaged(at.object(HASHES)?, why));
    }
    let differing = Differing::default();
    // Pieces of whole blocks, about as large as objects.
    let per_piece = (MAX_OBJECT_BYTES / 4 / block_bytes).max(1);
    let next = AtomicU64::new(0);
    on_threads(means.threads.max(1), &|| {
        loop {
            let _memory = means.budget.borrow(per_piece * block_bytes);
            let first = next.fetch_add(per_piece, Ordering::SeqCst);
            if first >= blocks || differing.broken.load(Ordering::SeqCst) {
                return Ok(());
            }
            let last = blocks.min(first + per_piece);
            let compared = compare_piece((disk, end_bytes), &hashes, first, last, &differing);
            let done = compared.and_then(|bytes| Ok(work.advance(bytes)?));
            done.inspect_err(|_| differing.broken.store(true, Ordering::SeqCst))?;
        }
    })?;
    match differing.blocks.into_inner() {
        0 => Ok(()),
        blocks => {
            let offset_bytes = differing.first.into_inner().wrapping_sub(1) * block_bytes;
            Err(BackupError::Differs { blocks, block_bytes, offset_bytes })
        }
    }
}

/// What was found to differ.
#[derive(Default)]
struct Differing {
    blocks: AtomicU64,
    /// The number of the first block that differs, counted from 1; 0 while there is none.
    first: AtomicU64,
    broken: AtomicBool,
}

/// Compares the blocks from `first` to before `last`; returns their bytes.
fn compare_piece(
    (disk, end_bytes): (&dyn Disk, u64),
    hashes: &Hashes,
    first: u64,
    last: u64,
    differing: &Differing,
) -> Result<u64, BackupError> {
    let begin = first * hashes.chunk_size;
    let end = (last * hashes.chunk_size).min(end_bytes);
    let length = usize::try_from(end - begin).unwrap_or(usize::MAX);
    let piece = Piece::read(disk, begin, length)?;
    let block = usize::try_from(hashes.chunk_size).unwrap_or(usize::MAX);
    let mut zero = None;
    for (number, bytes) in (first..last).zip(piece.bytes.chunks(block)) {
        let Some(expected) = usize::try_from(number).ok().and_then(|at| hashes.sha256s.get(at)) else {
            break;
        };
        let from = usize::try_from(number - first).unwrap_or(usize::MAX) * block;
        let hole = bytes.len() == block && piece.is_hole(from, from + block);
        let found = if hole { *zero.get_or_insert_with(|| sha256(bytes)) } else { sha256(bytes) };
        if found != *expected {
            differing.blocks.fetch_add(1, Ordering::SeqCst);
            let earlier = |known: u64| (known == 0 || number + 1 < known).then_some(number + 1);
            // An error means that an earlier one is known.
            let _ = differing.first.fetch_update(Ordering::SeqCst, Ordering::SeqCst, earlier);
        }
    }
    Ok(length as u64)
}
