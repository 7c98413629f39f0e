//! The two documents of a backup: UTF-8 JSON with sorted keys, indented by two.

use ports::backup::BackupStore;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{HASHES, MAX_DOCUMENT_BYTES, METADATA};
use crate::hash::{Md5Hash, Sha256Hash};
use crate::{BackupError, Facts, Location};

/// The only version that there ever was.
const VERSION: &str = "1.0.0";

/// An object as the document names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) compression: String,
    pub(super) length: u64,
    pub(super) md5: Md5Hash,
    pub(super) offset: u64,
}

/// `{prefix}_metadata`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The backup.
    pub backup_id: String,
    /// The backup that it is an increment of.
    pub parent_id: Option<String>,
    /// The volume's own data, as JSON text.
    pub volume_meta: Option<String>,
    pub(super) objects: Vec<(String, Entry)>,
}

#[derive(Deserialize)]
struct RawDocument {
    version: String,
    backup_id: String,
    parent_id: Option<String>,
    volume_meta: Option<String>,
    objects: Vec<serde_json::Map<String, Value>>,
}

impl Document {
    /// Reads the document of the backup at `at`.
    ///
    /// # Errors
    /// It is not there, damaged, or of a version that nobody has ever written.
    pub fn read(store: &dyn BackupStore, at: &Location) -> Result<Self, BackupError> {
        let object = at.object(METADATA)?;
        let bytes = store.get(&object, MAX_DOCUMENT_BYTES)?;
        let raw: RawDocument =
            serde_json::from_slice(&bytes).map_err(|error| BackupError::damaged(&object, error))?;
        check_version(&raw.version, &object)?;
        let mut objects = Vec::with_capacity(raw.objects.len());
        for pairs in raw.objects {
            for (name, entry) in pairs {
                let entry = serde_json::from_value(entry)
                    .map_err(|error| BackupError::damaged(&object, format!("{name}: {error}")))?;
                objects.push((name, entry));
            }
        }
        let RawDocument { backup_id, parent_id, volume_meta, .. } = raw;
        Ok(Self { backup_id, parent_id, volume_meta, objects })
    }

    /// The bytes of all objects together, decompressed.
    pub(super) fn content_bytes(&self) -> u64 {
        self.objects.iter().fold(0, |sum, (_, entry)| sum.saturating_add(entry.length))
    }

    /// Where the last byte of it stood.
    pub(super) fn end_bytes(&self) -> u64 {
        let ends = self.objects.iter().map(|(_, entry)| entry.offset.saturating_add(entry.length));
        ends.max().unwrap_or(0)
    }

    pub(super) fn write(
        store: &dyn BackupStore,
        at: &Location,
        facts: &Facts,
        objects: &[(String, Entry)],
    ) -> Result<(), BackupError> {
        let named = |(name, entry): &(String, Entry)| {
            let entry = json!({
                "compression": entry.compression,
                "length": entry.length,
                "md5": entry.md5.to_string(),
                "offset": entry.offset,
            });
            Value::Object(Map::from_iter([(name.clone(), entry)]))
        };
        let document = json!({
            "backup_description": facts.description,
            "backup_id": facts.backup_id,
            "backup_name": facts.name,
            "created_at": facts.created_at,
            "objects": objects.iter().map(named).collect::<Vec<_>>(),
            "parent_id": facts.parent_id,
            "version": VERSION,
            "volume_id": facts.volume_id,
            "volume_meta": facts.volume_meta,
        });
        put(store, at, METADATA, &document)
    }
}

/// `{prefix}_sha256file`.
#[derive(Debug, Deserialize)]
pub(super) struct Hashes {
    version: String,
    /// The block that each hash is of, in bytes.
    pub(super) chunk_size: u64,
    /// In the order of the volume; the last block may be shorter.
    pub(super) sha256s: Vec<Sha256Hash>,
}

#[derive(Serialize)]
struct HashesToWrite<'a> {
    backup_description: &'a Option<String>,
    backup_id: &'a str,
    backup_name: &'a Option<String>,
    chunk_size: u64,
    created_at: &'a str,
    sha256s: &'a [Sha256Hash],
    version: &'a str,
    volume_id: &'a str,
}

impl Hashes {
    pub(super) fn read(store: &dyn BackupStore, at: &Location) -> Result<Self, BackupError> {
        let object = at.object(HASHES)?;
        let bytes = store.get(&object, MAX_DOCUMENT_BYTES)?;
        let hashes: Self =
            serde_json::from_slice(&bytes).map_err(|error| BackupError::damaged(&object, error))?;
        check_version(&hashes.version, &object)?;
        if hashes.chunk_size == 0 {
            return Err(BackupError::damaged(&object, "its blocks have no length"));
        }
        Ok(hashes)
    }

    pub(super) fn write(
        store: &dyn BackupStore,
        at: &Location,
        facts: &Facts,
        chunk_size: u64,
        sha256s: &[Sha256Hash],
    ) -> Result<(), BackupError> {
        let document = HashesToWrite {
            backup_description: &facts.description,
            backup_id: &facts.backup_id,
            backup_name: &facts.name,
            chunk_size,
            created_at: &facts.created_at,
            sha256s,
            version: VERSION,
            volume_id: &facts.volume_id,
        };
        put(store, at, HASHES, &document)
    }
}

fn put(
    store: &dyn BackupStore,
    at: &Location,
    rest: &str,
    document: &impl Serialize,
) -> Result<(), BackupError> {
    let object = at.object(rest)?;
    let bytes =
        serde_json::to_vec_pretty(document).map_err(|error| BackupError::Refused(error.to_string()))?;
    Ok(store.put(&object, &bytes)?)
}

fn check_version(version: &str, object: &impl ToString) -> Result<(), BackupError> {
    if version == VERSION {
        return Ok(());
    }
    let shown: String = version.chars().take(20).collect();
    Err(BackupError::Refused(format!("{} is of version {shown:?}, and not {VERSION}", object.to_string())))
}
