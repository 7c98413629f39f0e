//! The record of a backup, by which another installation can take it over: base64 of a JSON object with the columns of
//! Cinder's table, and what the driver adds.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD};
use model::{Backup, BackupId, KeyId, Metadata, SnapshotId, Timestamp};
use serde_json::{Map, Value, json};
use thiserror::Error;

/// Longest record, in bytes of its text: what fits into a request.
const MAX_RECORD_BYTES: usize = model::limits::MAX_BODY_BYTES;
/// Reads as Python does: what is no digit, such as the end of a line, has been passed over.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, NO_PAD.with_decode_allow_trailing_bits(true));
/// Columns without which a backup cannot be restored.
const REQUIRED: [&str; 7] =
    ["id", "size", "display_name", "display_description", "container", "service_metadata", "object_count"];

/// Why a text is no record. `Display` is what Cinder says.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadRecord {
    /// It is not base64.
    #[error("Can't decode backup record.")]
    NotBase64,
    /// It is not JSON.
    #[error("Can't parse backup record.")]
    NotJson,
    /// There is no identifier, by which increments name it.
    #[error("Provided backup record is missing an id")]
    NoId,
    /// There is no size, with which the quota is charged.
    #[error("Provided backup record is missing size attribute")]
    NoSize,
    /// There is something else that has to be there, or it cannot be read.
    #[error("Provided backup record has no usable {0}")]
    Unusable(&'static str),
}

/// What a record says that can be used elsewhere. Status, owner and host are the other installation's.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the field of the backup that it names")]
pub struct Record {
    pub id: BackupId,
    pub parent_id: Option<BackupId>,
    pub snapshot_id: Option<SnapshotId>,
    /// As the text that it is: all zeros in a record of a record.
    pub volume_id: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub size_gib: u64,
    pub container: String,
    pub service_metadata: String,
    pub object_count: u64,
    pub data_timestamp: Option<Timestamp>,
    pub encryption_key_id: Option<KeyId>,
    pub metadata: Metadata,
}

/// The record of `backup`.
#[must_use]
pub fn encode(backup: &Backup) -> String {
    let record = json!({
        "driver_info": {},
        "id": backup.id,
        "user_id": backup.user_id,
        "project_id": backup.project_id,
        "volume_id": backup.volume_id,
        "host": backup.host,
        "availability_zone": backup.availability_zone,
        "container": backup.container,
        "parent_id": backup.parent_id,
        "status": backup.status,
        "fail_reason": backup.fail_reason,
        "size": backup.size_gib,
        "display_name": backup.name,
        "display_description": backup.description,
        "service_metadata": backup.service_metadata,
        "service": backup.service,
        "object_count": backup.object_count,
        "temp_volume_id": null,
        "temp_snapshot_id": backup.temp_snapshot_id,
        "num_dependent_backups": backup.dependents,
        "snapshot_id": backup.snapshot_id,
        "data_timestamp": seconds(Some(backup.data_timestamp)),
        "restore_volume_id": backup.restore_volume_id,
        "metadata": backup.metadata.0,
        "encryption_key_id": backup.encryption_key_id,
        "created_at": seconds(Some(backup.created_at)),
        "updated_at": seconds(backup.updated_at),
        "deleted_at": null,
        "deleted": false,
    });
    STANDARD.encode(record.to_string())
}

/// `2026-11-20T18:36:28Z`.
fn seconds(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string().chars().take(19).chain(['Z']).collect())
}

/// Reads a record.
///
/// # Errors
/// Why it is none.
pub fn decode(text: &str) -> Result<Record, BadRecord> {
    if text.len() > MAX_RECORD_BYTES {
        return Err(BadRecord::NotBase64);
    }
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let digits: Vec<u8> = text.bytes().filter(is_digit).collect();
    let bytes = LENIENT.decode(digits).map_err(|_| BadRecord::NotBase64)?;
    let record = match serde_json::from_slice(&bytes).map_err(|_| BadRecord::NotJson)? {
        Value::Object(record) => record,
        _ => return Err(BadRecord::NoId),
    };
    for key in REQUIRED {
        match key {
            _ if record.contains_key(key) => {}
            "id" => return Err(BadRecord::NoId),
            "size" => return Err(BadRecord::NoSize),
            other => return Err(BadRecord::Unusable(other)),
        }
    }
    let record = Columns(record);
    Ok(Record {
        id: record.parsed("id")?.ok_or(BadRecord::NoId)?,
        parent_id: record.parsed("parent_id")?,
        snapshot_id: record.parsed("snapshot_id")?,
        volume_id: record.text("volume_id")?,
        name: record.short_text("display_name")?,
        description: record.short_text("display_description")?,
        size_gib: record
            .number("size")
            .filter(|size| *size <= model::limits::MAX_SIZE_GIB)
            .ok_or(BadRecord::NoSize)?,
        container: record.text("container")?.ok_or(BadRecord::Unusable("container"))?,
        service_metadata: record.text("service_metadata")?.ok_or(BadRecord::Unusable("service_metadata"))?,
        object_count: record.number("object_count").unwrap_or(0),
        data_timestamp: record.text("data_timestamp")?.as_deref().and_then(Timestamp::parse),
        encryption_key_id: record.parsed("encryption_key_id")?,
        metadata: record.metadata()?,
    })
}

/// The columns of a record.
struct Columns(Map<String, Value>);

impl Columns {
    /// The text; none for null and what is not there.
    fn text(&self, key: &'static str) -> Result<Option<String>, BadRecord> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(BadRecord::Unusable(key)),
        }
    }

    fn short_text(&self, key: &'static str) -> Result<Option<String>, BadRecord> {
        let text = self.text(key)?;
        let long = text.as_ref().is_some_and(|text| text.chars().count() > model::limits::MAX_NAME_CHARS);
        if long { Err(BadRecord::Unusable(key)) } else { Ok(text) }
    }

    fn parsed<T: std::str::FromStr>(&self, key: &'static str) -> Result<Option<T>, BadRecord> {
        self.text(key)?.map(|text| text.parse().map_err(|_| BadRecord::Unusable(key))).transpose()
    }

    fn number(&self, key: &str) -> Option<u64> {
        self.0.get(key).and_then(Value::as_u64)
    }

    fn metadata(&self) -> Result<Metadata, BadRecord> {
        match self.0.get("metadata") {
            None | Some(Value::Null) => Ok(Metadata::default()),
            Some(Value::Object(pairs)) if pairs.len() <= model::limits::MAX_METADATA_PAIRS => {
                let pair = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
                let pairs: Option<_> = pairs.iter().map(pair).collect();
                pairs.ok_or(BadRecord::Unusable("metadata"))
            }
            Some(_) => Err(BadRecord::Unusable("metadata")),
        }
    }
}

#[cfg(test)]
mod tests;
