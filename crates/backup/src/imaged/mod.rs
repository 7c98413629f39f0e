//! The form in which Cinder's Ceph driver keeps a volume: a copy of it in an image of its own.
//!
//! A backup is the image `volume-{volume}.backup.{backup}`, and the data of its volume the note `backup.{backup}.meta`, which
//! is put last. What Cinder made of an RBD volume step by step is a snapshot `backup.{backup}.snap.{time}` of the image of
//! the first step; it is restored here and not made: the sources of this service are none of Ceph's. Rows name the image as
//! JSON, `{"base": "…"}`, in the place of a prefix.

mod restore;
mod write;

pub use restore::{restore, salvage, verify};
pub use write::{Backup, back_up};

use ports::DriverError;
use ports::backup::{BackupImages, BackupStore};
use serde::{Deserialize, Serialize};

use crate::chunked::Layer;
use crate::{BackupError, Location};

/// What is copied at a time, in bytes.
const PIECE_BYTES: u64 = 4 << 20;
/// Between the volume and the backup in the name of an image.
const BETWEEN: &str = ".backup.";

/// What a row says of where the backup lies.
#[derive(Serialize, Deserialize)]
struct Base {
    base: String,
}

/// Where a backup lies that is of this form.
#[must_use]
pub fn location(container: String, volume_id: &str, backup_id: &str) -> Location {
    let base = format!("volume-{volume_id}{BETWEEN}{backup_id}");
    // As Python's `json.dumps` has it, with a blank.
    Location { container, prefix: format!("{{\"base\": \"{base}\"}}") }
}

/// Whether the backup at `at` is of this form.
#[must_use]
pub fn is_imaged(at: &Location) -> bool {
    image(&at.prefix).is_some()
}

/// The image that a row names; none when what it says is of another form.
fn image(prefix: &str) -> Option<String> {
    let Base { base } = serde_json::from_str(prefix).ok()?;
    let (volume, backup) = base.strip_prefix("volume-")?.split_once(BETWEEN)?;
    let is_plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    (is_plain(volume) && is_plain(backup)).then_some(base)
}

/// An image of a store that keeps some.
struct Place<'a> {
    images: &'a dyn BackupImages,
    container: &'a str,
    image: String,
}

impl<'a> Place<'a> {
    fn of(store: &'a dyn BackupStore, at: &'a Location) -> Result<Self, BackupError> {
        let refused = |why: &str| BackupError::Refused(format!("{}: {why}", at.prefix));
        let image = image(&at.prefix).ok_or_else(|| refused("it names no image"))?;
        let images = store.images().ok_or_else(|| refused("the store keeps no images"))?;
        Ok(Self { images, container: &at.container, image })
    }

    /// The snapshot that is the backup `id`; none when the image itself is.
    fn snapshot_of(&self, id: &str) -> Result<Option<String>, BackupError> {
        let beginning = format!("backup.{id}.snap.");
        let all = match self.images.snapshots(self.container, &self.image) {
            Err(DriverError::Missing { what }) => return Err(BackupError::damaged(what, "it is not there")),
            all => all?,
        };
        let found = all.into_iter().rfind(|name| name.starts_with(&beginning));
        match found {
            None if !self.image.ends_with(&format!("{BETWEEN}{id}")) => {
                Err(BackupError::damaged(&self.image, format!("it has no snapshot of the backup {id}")))
            }
            found => Ok(found),
        }
    }

    fn volume_data(&self, id: &str) -> Result<Option<String>, BackupError> {
        let note = self.images.note(self.container, &note_of(id))?;
        let text = note.map(String::from_utf8).transpose();
        text.map_err(|error| BackupError::damaged(note_of(id), error))
    }
}

fn note_of(id: &str) -> String {
    format!("backup.{id}.meta")
}

/// How long the volume was that the backup is of, in bytes.
///
/// # Errors
/// Its image cannot be opened.
pub fn size_bytes(store: &dyn BackupStore, layer: &Layer) -> Result<u64, BackupError> {
    restore::open(store, layer).map(|image| image.size_bytes())
}

/// What a backup says of its volume beside the content.
///
/// # Errors
/// Its note cannot be read.
pub fn volume_data(store: &dyn BackupStore, layer: &Layer) -> Result<Option<String>, BackupError> {
    Place::of(store, &layer.at)?.volume_data(&layer.backup_id)
}

/// The backup `id` among the images of `container`, if it has one of its own.
///
/// # Errors
/// The store failed.
pub fn find(store: &dyn BackupStore, container: &str, id: &str) -> Result<Option<Location>, BackupError> {
    let Some(images) = store.images() else { return Ok(None) };
    let names = match images.names(container) {
        Err(DriverError::Missing { .. }) => return Ok(None),
        names => names?,
    };
    let ours = names.iter().find_map(|name| {
        let (volume, backup) = name.strip_prefix("volume-")?.split_once(BETWEEN)?;
        (backup == id).then(|| location(container.to_owned(), volume, backup))
    });
    Ok(ours)
}

/// Takes an image away, with every snapshot of it and the notes of them all.
///
/// # Errors
/// The store failed; some may be gone.
pub fn remove(store: &dyn BackupStore, at: &Location) -> Result<(), BackupError> {
    let place = Place::of(store, at)?;
    let snapshots = match place.images.snapshots(place.container, &place.image) {
        Err(DriverError::Missing { .. }) => Vec::new(),
        snapshots => snapshots?,
    };
    let steps = snapshots.iter().filter_map(|name| name.strip_prefix("backup.")?.split_once(".snap."));
    let whole = place.image.rsplit_once(BETWEEN).map(|(_, id)| id);
    for id in steps.map(|(id, _)| id).chain(whole) {
        place.images.remove_note(place.container, &note_of(id))?;
    }
    Ok(place.images.remove(place.container, &place.image)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_images_of_backups_are_named() {
        let (volume, backup) = ("c7a1b0f4-1", "48ad-2");
        let at = location("backups".to_owned(), volume, backup);
        assert_eq!(at.prefix, r#"{"base": "volume-c7a1b0f4-1.backup.48ad-2"}"#);
        assert!(is_imaged(&at));
        assert_eq!(image(r#"{"base": "volume-1.backup.base"}"#).as_deref(), Some("volume-1.backup.base"));
        for odd in
            ["", "volume_1_backup_2", "{}", r#"{"base": "other"}"#, r#"{"base": "volume-1.backup.a/b@c"}"#]
        {
            assert_eq!(image(odd), None, "{odd}");
        }
    }
}
