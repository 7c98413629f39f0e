//! Backing up: a copy of everything that is not zero.

use ports::Work;
use ports::backup::BackupStore;
use ports::volume::{Access, Disk};

use super::{PIECE_BYTES, Place, note_of};
use crate::pieces::{self, Piece};
use crate::threads::each_piece;
use crate::{BackupError, Facts, Location, Means, Written};

/// A backup to be made.
pub struct Backup<'a> {
    /// Where to.
    pub store: &'a dyn BackupStore,
    /// Of what.
    pub disk: &'a dyn Disk,
    /// Under which name.
    pub at: &'a Location,
    /// What the note says of it, and whether it is an increment.
    pub facts: &'a Facts,
}

/// Makes a backup. It is whole and durable when this returns.
///
/// # Errors
/// It was not made; what was is taken away by [`super::remove`].
pub fn back_up(backup: &Backup<'_>, means: &Means, work: &Work) -> Result<Written, BackupError> {
    if backup.facts.parent_id.is_some() {
        let why = "A copy in an image of Ceph cannot be an increment. Do a full backup.";
        return Err(BackupError::Refused(why.to_owned()));
    }
    let place = Place::of(backup.store, backup.at)?;
    let size_bytes = backup.disk.size_bytes();
    // What an earlier try has written may not be what the volume has by now.
    super::remove(backup.store, backup.at)?;
    place.images.ensure(place.container, &place.image, size_bytes)?;
    let image = place.images.open(place.container, &place.image, None, Access::Write)?;
    work.set_total(size_bytes);
    each_piece(size_bytes, PIECE_BYTES, means, |offset_bytes, length| {
        let piece = Piece::read(backup.disk, offset_bytes, length)?;
        if !piece.is_hole(0, length) {
            pieces::write(&*image, &piece.bytes, offset_bytes)?;
        }
        Ok(work.advance(length as u64)?)
    })?;
    image.sync().map_err(BackupError::disk("syncing the image of", 0))?;
    drop(image);
    if let Some(text) = &backup.facts.volume_meta {
        let name = note_of(&backup.facts.backup_id);
        place.images.put_note(place.container, &name, text.as_bytes())?;
    }
    Ok(Written { object_count: 0, belied_at: None })
}
