//! Restoring: a copy of everything, then a comparison of the whole volume with its image.

use ports::volume::{Access, Disk};
use ports::{BackupStore, DriverError, Work};

use super::{PIECE_BYTES, Place};
use crate::chunked::Layer;
use crate::pieces::{self, Piece};
use crate::threads::each_piece;
use crate::{BackupError, Depth, Lost, Means};

/// Opens the image of a backup, as it was then.
pub(super) fn open(store: &dyn BackupStore, layer: &Layer) -> Result<Box<dyn Disk>, BackupError> {
    let place = Place::of(store, &layer.at)?;
    let snapshot = place.snapshot_of(&layer.backup_id)?;
    match place.images.open(place.container, &place.image, snapshot.as_deref(), Access::Read) {
        Err(DriverError::Missing { what }) => Err(BackupError::damaged(what, "it is not there")),
        opened => Ok(opened?),
    }
}

/// Restores a backup to `disk`. Returns the volume's own data, as JSON text. What was restored is durable and equals the
/// image when this returns.
///
/// # Errors
/// The disk holds something between what it had and what it should have.
pub fn restore(
    store: &dyn BackupStore,
    layer: &Layer,
    disk: &dyn Disk,
    means: &Means,
    work: &Work,
) -> Result<Option<String>, BackupError> {
    let image = open(store, layer)?;
    let size_bytes = image.size_bytes();
    if size_bytes > disk.size_bytes() {
        let volume = disk.size_bytes();
        return Err(BackupError::Refused(format!("a backup of {size_bytes} bytes for {volume} bytes")));
    }
    // The comparison reads both once more.
    work.set_total(size_bytes.saturating_mul(2));
    each_piece(size_bytes, PIECE_BYTES, means, |offset_bytes, length| {
        let piece = Piece::read(&*image, offset_bytes, length)?;
        pieces::write(disk, &piece.bytes, offset_bytes)?;
        Ok(work.advance(length as u64)?)
    })?;
    disk.sync().map_err(BackupError::disk("syncing", 0))?;
    each_piece(size_bytes, PIECE_BYTES, means, |offset_bytes, length| {
        let (ours, theirs) =
            (Piece::read(disk, offset_bytes, length)?, Piece::read(&*image, offset_bytes, length)?);
        if ours.bytes != theirs.bytes {
            return Err(BackupError::Differs { blocks: 1, block_bytes: PIECE_BYTES, offset_bytes });
        }
        Ok(work.advance(length as u64)?)
    })?;
    Place::of(store, &layer.at)?.volume_data(&layer.backup_id)
}

/// Restores a backup to `disk`, which is all zeros. There are no hashes that could tell what of it is damaged, and Ceph
/// keeps what it keeps more than once: all of it, or an error.
///
/// # Errors
/// As [`restore`].
pub fn salvage(
    store: &dyn BackupStore,
    layer: &Layer,
    disk: &dyn Disk,
    means: &Means,
    work: &Work,
) -> Result<Vec<Lost>, BackupError> {
    restore(store, layer, disk, means, work).map(|_| Vec::new())
}

/// Looks whether a backup is there; with [`Depth::Deep`], whether all of it can be read.
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
    let image = open(store, layer)?;
    if depth == Depth::Deep {
        work.set_total(image.size_bytes());
        each_piece(image.size_bytes(), PIECE_BYTES, means, |offset_bytes, length| {
            Piece::read(&*image, offset_bytes, length)?;
            Ok(work.advance(length as u64)?)
        })?;
    }
    Ok(0)
}
