//! Finding a backup in a store that nobody keeps rows of any more.

use ports::backup::{BackupStore, ObjectName};

use crate::chunked::{self, Document, Layer};
use crate::{BackupError, Format, imaged, packed};

/// Longest chain that is followed.
const MAX_LAYERS: usize = 10_000;

/// The chain of the backup `id`, from the full backup on. It is looked for in `container`, or else where backups lie whose
/// request named none.
///
/// # Errors
/// It is not there, or one that it builds on is not; or the store failed.
pub fn chain(store: &dyn BackupStore, container: Option<&str>, id: &str) -> Result<Vec<Layer>, BackupError> {
    let mut layers = Vec::new();
    let mut next = Some(id.to_owned());
    while let Some(id) = next {
        let Some(layer) = find(store, container, &id)? else {
            return Err(BackupError::Refused(format!("the store has no backup {id}")));
        };
        next = match Format::of(&layer.at) {
            Format::Packed | Format::Imaged => None,
            Format::Chunked => Document::read(store, &layer.at)?.parent_id,
        };
        layers.push(layer);
        if layers.len() > MAX_LAYERS {
            return Err(BackupError::Refused(format!("the chain has more than {MAX_LAYERS} backups")));
        }
    }
    layers.reverse();
    Ok(layers)
}

fn find(store: &dyn BackupStore, container: Option<&str>, id: &str) -> Result<Option<Layer>, BackupError> {
    let own = id.get(0..2).zip(id.get(2..4)).map(|(first, second)| format!("{first}/{second}/{id}"));
    let usual = [store.container(), Some(packed::SHARED_CONTAINER), own.as_deref()];
    for container in [container].into_iter().chain(usual).flatten() {
        if !ObjectName::is_container(container) {
            continue;
        }
        for look in [packed::find, imaged::find, chunked::find] {
            if let Some(at) = look(store, container, id)? {
                return Ok(Some(Layer { backup_id: id.to_owned(), at }));
            }
        }
    }
    Ok(None)
}
