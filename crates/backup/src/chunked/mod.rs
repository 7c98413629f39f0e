//! Cinder's chunked format, version 1.0.0: what its posix, NFS, GlusterFS, Swift, S3 and GCS drivers write.
//!
//! A volume is cut into pieces. Each object `{prefix}-{number}` holds one stretch of one piece: all of it in a full
//! backup, a run of changed blocks in an incremental one. `{prefix}_sha256file` has the hash of every block of the volume
//! as it was, `{prefix}_metadata` names the objects; it is put last, and a backup without it is none.

mod documents;
mod objects;
mod restore;
mod salvage;
mod verify;
mod write;

pub use documents::Document;
pub use restore::{Layer, restore};
pub use salvage::salvage;
pub use verify::verify;
pub use write::{Backup, back_up};

use ports::backup::BackupStore;

use crate::{Algorithm, BackupError, Location};

/// Largest object that is written. Cinder's own drivers make files of up to 2 GB and keep each in memory twice; no
/// reader minds that ours are smaller.
pub const MAX_OBJECT_BYTES: u64 = 32 << 20;
/// Largest hash block that can be configured.
pub const MAX_BLOCK_BYTES: u64 = MAX_OBJECT_BYTES;

/// How backups are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// `backup_file_size` and its like: the piece of a volume that goes into one object, in bytes.
    pub object_bytes: u64,
    /// `backup_sha_block_size_bytes` and its like: the stretch that has a hash of its own, in bytes.
    pub block_bytes: u64,
    /// `backup_compression_algorithm`.
    pub algorithm: Algorithm,
}

impl Default for Options {
    fn default() -> Self {
        Self { object_bytes: 1_999_994_880, block_bytes: 32_768, algorithm: Algorithm::Zlib }
    }
}

impl Options {
    /// Checks that the sizes fit each other.
    ///
    /// # Errors
    /// They do not, in words for whoever wrote the configuration.
    pub fn check(&self) -> Result<(), String> {
        let (object, block) = (self.object_bytes, self.block_bytes);
        if block == 0 || block > MAX_BLOCK_BYTES {
            return Err(format!("the hash block must have 1 to {MAX_BLOCK_BYTES} bytes, and not {block}"));
        }
        if object == 0 || object % block != 0 {
            return Err(format!("the file size {object} must be a multiple of the hash block {block}"));
        }
        Ok(())
    }

    /// The size of the pieces that are really cut: whole blocks, and no more than fits into memory several times.
    fn piece_bytes(&self, budget_bytes: u64) -> u64 {
        let most = self.object_bytes.min(MAX_OBJECT_BYTES).min(budget_bytes / 2).max(self.block_bytes);
        most / self.block_bytes * self.block_bytes
    }
}

/// How long the volume was that the last of `layers` is of, in bytes.
///
/// # Errors
/// A document cannot be read.
pub fn size_bytes(store: &dyn BackupStore, layers: &[Layer]) -> Result<u64, BackupError> {
    let mut ends = layers.iter().map(|layer| Document::read(store, &layer.at).map(|it| it.end_bytes()));
    ends.try_fold(0, |size, end| Ok(end?.max(size)))
}

/// What the backup says of its volume beside the content.
///
/// # Errors
/// Its document cannot be read.
pub fn volume_data(store: &dyn BackupStore, at: &Location) -> Result<Option<String>, BackupError> {
    Ok(Document::read(store, at)?.volume_meta)
}

/// The backup `id` among the objects in `container`, if it is there.
///
/// # Errors
/// The store failed.
pub fn find(store: &dyn BackupStore, container: &str, id: &str) -> Result<Option<Location>, BackupError> {
    let ending = format!("_backup_{id}");
    let found = store.list(container, "volume_")?;
    let mut prefixes = found.iter().filter_map(|object| object.name.strip_suffix(METADATA));
    let prefix = prefixes.find(|prefix| prefix.ends_with(&ending)).map(str::to_owned);
    Ok(prefix.map(|prefix| Location { container: container.to_owned(), prefix }))
}

/// Removes every object of a backup. What is gone already is no error.
///
/// # Errors
/// The store failed; some may be gone.
pub fn remove(store: &dyn BackupStore, at: &Location) -> Result<(), BackupError> {
    // The document that makes it a backup goes first: what is left of a half-removed one is no backup.
    store.remove(&at.object(METADATA)?)?;
    for found in store.list(&at.container, &at.prefix)? {
        store.remove(&at.named(&found.name)?)?;
    }
    Ok(())
}

/// What the name of the document that names the objects goes on with.
const METADATA: &str = "_metadata";
/// What the name of the document with the hashes goes on with.
const HASHES: &str = "_sha256file";
/// Largest document that is read, in bytes: the hashes of 1 TiB in blocks of the usual size.
const MAX_DOCUMENT_BYTES: u64 = 4 << 30;
