//! Besser's own format, version 1: deduplicated chunks in packs, and a manifest that is written last.
//!
//! A volume is cut into chunks of fixed size. A chunk is named by the hash of its content and kept once, compressed and,
//! with a key, sealed; chunks lie one behind the other in packs. A table names the chunks of one stretch of a volume and
//! where they lie; tables are kept as chunks are, so that an unchanged stretch costs nothing. The manifest names the
//! tables and every pack that they lead to. So each backup is whole by itself: restoring needs the store and nothing
//! else, and no chain. ADR 0012 says why it is shaped so.
//!
//! Objects, of the backup whose names begin with `{prefix}`:
//!
//! | Name | What it is |
//! |---|---|
//! | `{prefix}-{run}-{number}` | a pack: the blobs of chunks and tables |
//! | `{prefix}_running` | while it is being made: by which run, and the manifests whose packs it may lead to |
//! | `{prefix}_manifest` | what makes it a backup |

mod collect;
mod disk;
mod inherit;
mod known;
mod manifest;
mod mark;
mod names;
mod pack;
mod restore;
mod salvage;
mod seal;
mod sizes;
mod sparse;
mod table;
mod verify;
mod write;

pub use collect::{Collected, collect};
pub use disk::PackedDisk;
pub use names::{PREFIX, is_packed};
pub use restore::{compare, restore};
pub use salvage::salvage;
pub use seal::{ChunkId, StoreKey};
pub use verify::verify;
pub use write::{Backup, back_up};

use ports::backup::BackupStore;

use crate::{BackupError, Location};

/// The container of backups whose request names none, in a store that has none of its own: all of them share their chunks.
pub const SHARED_CONTAINER: &str = "besser";
/// What a volume is cut into, in bytes: small enough that scattered writes cost little, large enough that names and
/// places are a thousandth of the data.
pub const CHUNK_BYTES: usize = 64 << 10;
/// Chunks that one table names.
const CHUNKS_PER_TABLE: usize = 1024;
/// What a table covers, in bytes.
const SPAN_BYTES: u64 = (CHUNK_BYTES * CHUNKS_PER_TABLE) as u64;
/// What is read at a time, in bytes: whole chunks.
const PIECE_BYTES: u64 = 4 << 20;
/// A pack is put when it holds as much as this, in bytes.
const PACK_BYTES: usize = 16 << 20;

/// How long the volume was that the backup at `at` is of, in bytes.
///
/// # Errors
/// Its manifest cannot be read.
pub fn size_bytes(
    store: &dyn BackupStore,
    at: &Location,
    key: Option<&StoreKey>,
) -> Result<u64, BackupError> {
    Ok(manifest::Manifest::read(store, at, key)?.size_bytes)
}

/// What the backup says of its volume beside the content.
///
/// # Errors
/// Its manifest cannot be read.
pub fn volume_data(
    store: &dyn BackupStore,
    at: &Location,
    key: Option<&StoreKey>,
) -> Result<Option<String>, BackupError> {
    Ok(manifest::Manifest::read(store, at, key)?.volume_meta)
}

/// The prefix of the backup `id` among the objects in `container`, if it is there.
///
/// # Errors
/// The store failed.
pub fn find(store: &dyn BackupStore, container: &str, id: &str) -> Result<Option<Location>, BackupError> {
    let ending = format!("_backup_{id}");
    let found = store.list(container, PREFIX)?;
    let prefix = found.iter().find_map(|object| match names::Kind::of(&object.name) {
        names::Kind::Manifest(prefix) if prefix.ends_with(&ending) => Some(prefix.to_owned()),
        _ => None,
    });
    Ok(prefix.map(|prefix| Location { container: container.to_owned(), prefix }))
}

/// Takes a backup away: its manifest first, so that what is left of a half-removed one is no backup; then whatever in its
/// container no backup needs.
///
/// # Errors
/// The store failed; some may be gone.
pub fn remove(store: &dyn BackupStore, at: &Location, key: Option<&StoreKey>) -> Result<(), BackupError> {
    store.remove(&names::manifest(at)?)?;
    store.remove(&names::running(at)?)?;
    collect(store, &at.container, key)?;
    Ok(())
}
