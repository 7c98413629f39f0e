//! The manifest: what a backup is, its tables, and the packs that they lead to. JSON, sealed as chunks are.

use ports::DriverError;
use ports::backup::BackupStore;
use serde::{Deserialize, Serialize};

use super::seal::{self, ChunkId, Damage, Kind, StoreKey};
use super::{CHUNK_BYTES, CHUNKS_PER_TABLE, SPAN_BYTES, names};
use crate::hash::{Hash, Sha256Hash};
use crate::{BackupError, Facts, Location};

const FORMAT: &str = "besser-backup-1";
/// Largest manifest, in bytes of its text: some 25 TiB of content that does not shrink, of which 1 TiB takes 10 MB.
const MAX_MANIFEST_BYTES: u64 = 256 << 20;

/// What makes a backup one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: String,
    pub(super) backup_id: String,
    volume_id: String,
    name: Option<String>,
    description: Option<String>,
    created_at: String,
    parent_id: Option<String>,
    /// The volume's own data, as JSON text.
    pub(super) volume_meta: Option<String>,
    pub(super) size_bytes: u64,
    chunk_bytes: usize,
    chunks_per_table: usize,
    /// Bytes of packs that were put for it.
    pub(super) stored_bytes: u64,
    /// Every pack that its tables lie in or lead to.
    pub(super) packs: Vec<String>,
    /// In the order of the volume; none for a stretch of zeros.
    pub(super) tables: Vec<Option<TableRef>>,
}

/// Where a table lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TableRef {
    hash: Sha256Hash,
    /// Number of its pack in the manifest.
    pub(super) pack: usize,
    pub(super) offset: u32,
    pub(super) length: u32,
}

impl TableRef {
    pub(super) fn new(id: ChunkId, pack: usize, offset: u32, length: u32) -> Self {
        Self { hash: Hash(id.0), pack, offset, length }
    }

    pub(super) fn id(&self) -> ChunkId {
        ChunkId(self.hash.0)
    }
}

impl Manifest {
    pub(super) fn new(facts: &Facts, size_bytes: u64) -> Self {
        let facts = facts.clone();
        Self {
            format: FORMAT.to_owned(),
            backup_id: facts.backup_id,
            volume_id: facts.volume_id,
            name: facts.name,
            description: facts.description,
            created_at: facts.created_at,
            parent_id: facts.parent_id,
            volume_meta: facts.volume_meta,
            size_bytes,
            chunk_bytes: CHUNK_BYTES,
            chunks_per_table: CHUNKS_PER_TABLE,
            stored_bytes: 0,
            packs: Vec::new(),
            tables: Vec::new(),
        }
    }

    /// Puts the manifest of the backup at `at`.
    pub(super) fn write(
        &self,
        store: &dyn BackupStore,
        at: &Location,
        key: Option<&StoreKey>,
    ) -> Result<(), BackupError> {
        let text = serde_json::to_vec(self).map_err(|error| BackupError::Refused(error.to_string()))?;
        if text.len() as u64 > MAX_MANIFEST_BYTES {
            let (packs, bytes) = (self.packs.len(), text.len());
            let why = format!(
                "the manifest of {packs} packs has {bytes} bytes, and none larger than {MAX_MANIFEST_BYTES} is read"
            );
            return Err(BackupError::Refused(why));
        }
        let blob = seal::seal(Kind::Manifest, name_id(&at.prefix), &text, key)?;
        let sum = blake3::hash(&blob);
        store.put(&names::manifest(at)?, &[sum.as_bytes(), blob.as_slice()].concat())?;
        Ok(())
    }

    /// The manifest of the backup at `at`; none when there is none.
    ///
    /// # Errors
    /// It is damaged, or of a shape that this version does not know.
    pub(super) fn find(
        store: &dyn BackupStore,
        at: &Location,
        key: Option<&StoreKey>,
    ) -> Result<Option<Self>, BackupError> {
        let object = names::manifest(at)?;
        let stored = match store.get(&object, MAX_MANIFEST_BYTES) {
            Ok(stored) => stored,
            Err(DriverError::Missing { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let damaged = |why: &dyn ToString| BackupError::damaged(&object, why.to_string());
        let (sum, blob) = stored.split_at_checked(blake3::OUT_LEN).ok_or_else(|| damaged(&Damage::Short))?;
        if blake3::hash(blob).as_bytes() != sum {
            return Err(damaged(&Damage::Hash));
        }
        let most = usize::try_from(MAX_MANIFEST_BYTES).unwrap_or(usize::MAX);
        let text = seal::open_named(Kind::Manifest, name_id(&at.prefix), blob, most, key);
        let text = text.map_err(|damage| damaged(&damage))?;
        let found: Self = serde_json::from_slice(&text).map_err(|error| damaged(&error))?;
        found.check().map_err(|why| damaged(&why))?;
        Ok(Some(found))
    }

    /// The manifest of the backup at `at`.
    ///
    /// # Errors
    /// As [`Self::find`], and when there is none.
    pub(super) fn read(
        store: &dyn BackupStore,
        at: &Location,
        key: Option<&StoreKey>,
    ) -> Result<Self, BackupError> {
        let missing = || names::manifest(at).map(|object| BackupError::damaged(object, "it is not there"));
        match Self::find(store, at, key)? {
            Some(found) => Ok(found),
            None => Err(missing()?),
        }
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.format != FORMAT {
            return Err("its format is unknown");
        }
        if self.chunk_bytes != CHUNK_BYTES || self.chunks_per_table != CHUNKS_PER_TABLE {
            return Err("its chunks are of an unknown size");
        }
        if self.size_bytes.div_ceil(SPAN_BYTES) != self.tables.len() as u64 {
            return Err("it has not as many tables as its size needs");
        }
        if self.tables.iter().flatten().any(|table| table.pack >= self.packs.len()) {
            return Err("a table lies in a pack that is not named");
        }
        Ok(())
    }
}

/// What stands for the name of a manifest in its seal: a manifest is only good under its own name.
fn name_id(prefix: &str) -> ChunkId {
    ChunkId(blake3::hash(prefix.as_bytes()).into())
}
