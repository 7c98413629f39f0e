//! Encryption of volume types and of volumes.

use model::encryption::Encryption;
use model::{EncryptionId, KeyId, VolumeTypeId};
use serde_json::{Map, Value, json};

use crate::json::to_vec;

/// Facts about the encryption of a volume type; nothing when it has none.
#[must_use]
pub fn of_type(volume_type: VolumeTypeId, encryption: Option<&Encryption>) -> Map<String, Value> {
    let Some(encryption) = encryption else { return Map::new() };
    let mut facts = Map::new();
    let mut put = |key: &str, value: Value| facts.insert(key.to_owned(), value);
    put("volume_type_id", json!(volume_type.to_string()));
    put("control_location", json!(encryption.control_location.as_str()));
    put("deleted", json!(false));
    put("created_at", json!(encryption.created_at.to_string()));
    put("updated_at", json!(encryption.updated_at.map(|at| at.to_string())));
    put("encryption_id", json!(encryption.id.to_string()));
    put("key_size", json!(encryption.key_size_bits));
    put("provider", json!(encryption.provider));
    put("deleted_at", Value::Null);
    put("cipher", json!(encryption.cipher));
    facts
}

/// Facts about the encryption of a volume.
#[must_use]
pub fn of_volume(key: Option<KeyId>, encryption: Option<&Encryption>) -> Map<String, Value> {
    let mut facts = Map::new();
    facts.insert("encryption_key_id".to_owned(), json!(key.map(|key| key.to_string())));
    if let Some(encryption) = encryption {
        facts.insert("control_location".to_owned(), json!(encryption.control_location.as_str()));
        facts.insert("cipher".to_owned(), json!(encryption.cipher));
        facts.insert("key_size".to_owned(), json!(encryption.key_size_bits));
        facts.insert("provider".to_owned(), json!(encryption.provider));
    }
    facts
}

/// `{"encryption": {…}}` with what was asked for, and what it has become when it is new.
#[must_use]
pub fn asked(mut asked: Map<String, Value>, new: Option<(VolumeTypeId, EncryptionId)>) -> Vec<u8> {
    if let Some((volume_type, id)) = new {
        asked.insert("volume_type_id".to_owned(), json!(volume_type.to_string()));
        asked.insert("encryption_id".to_owned(), json!(id.to_string()));
    }
    to_vec(&json!({"encryption": asked}))
}
