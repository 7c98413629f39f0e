//! What a backup keeps of a volume beside its content: JSON text in the shape of Cinder's `volume_meta`, version 2.

use model::{Metadata, Volume, VolumeTypeId};
use serde_json::{Map, Value, json};
use store::volumes::Edit;

/// What the names of volumes begin with that were made for a restore.
const MADE_FOR_A_RESTORE: &str = "restore_backup_";

/// The text for `volume`.
pub(super) fn describe(volume: &Volume) -> String {
    let base = json!({
        "id": volume.id,
        "user_id": volume.user_id,
        "project_id": volume.project_id,
        "snapshot_id": volume.snapshot_id,
        "host": volume.host,
        "size": volume.size_gib,
        "availability_zone": volume.availability_zone,
        "status": volume.status,
        "attach_status": volume.attach_status,
        "migration_status": volume.migration_status,
        "launched_at": volume.launched_at.map(|at| at.to_string()),
        "display_name": volume.name,
        "display_description": volume.description,
        "provider_location": volume.provider_location,
        "provider_id": volume.provider_id,
        "volume_type_id": volume.volume_type_id,
        "source_volid": volume.source_volid,
        "encryption_key_id": volume.encryption_key_id,
        "group_id": volume.group_id,
        "bootable": volume.bootable,
        "multiattach": volume.multiattach,
        "replication_status": volume.replication_status,
        "previous_status": volume.previous_status,
        "use_quota": volume.consumes_quota,
        "created_at": volume.created_at.to_string(),
        "updated_at": volume.updated_at.map(|at| at.to_string()),
    });
    let mut text =
        Map::from_iter([("version".to_owned(), json!(2)), ("volume-base-metadata".to_owned(), base)]);
    let mut section = |name: &str, pairs: &Metadata| {
        if !pairs.0.is_empty() {
            text.insert(name.to_owned(), json!(pairs.0));
        }
    };
    section("volume-metadata", &volume.metadata);
    section("volume-glance-metadata", &volume.image_metadata);
    Value::Object(text).to_string()
}

/// Why the data of a volume cannot be restored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    #[error("the volume's data are no JSON object")]
    NoObject,
    #[error("Unsupported backup metadata version: {0}")]
    Version(String),
    #[error(
        "The source volume type '{of_backup}' is different than the destination volume type '{of_volume}'."
    )]
    OtherType { of_backup: String, of_volume: VolumeTypeId },
}

/// What changes of `volume` when it is restored from a backup with this text.
pub(super) fn apply(text: &str, volume: &Volume) -> Result<Edit, Unusable> {
    let text: Map<String, Value> = serde_json::from_str(text).map_err(|_| Unusable::NoObject)?;
    let version = text.get("version").and_then(Value::as_u64);
    if !matches!(version, Some(1 | 2)) {
        let found = text.get("version").unwrap_or(&Value::Null).to_string();
        return Err(Unusable::Version(found.chars().take(20).collect()));
    }
    let base = |key: &str| text.get("volume-base-metadata")?.get(key)?.as_str();
    if base("encryption_key_id").is_some() {
        let of_backup = base("volume_type_id").unwrap_or_default();
        if of_backup != volume.volume_type_id.to_string() {
            let of_volume = volume.volume_type_id;
            return Err(Unusable::OtherType { of_backup: of_backup.to_owned(), of_volume });
        }
    }
    let mut edit = Edit::default();
    let unnamed = volume.name.as_deref().is_none_or(|it| it.is_empty() || it.starts_with(MADE_FOR_A_RESTORE));
    if unnamed && let Some(name) = base("display_name") {
        edit.name = Some(Some(cut(name)));
        edit.description = Some(base("display_description").map(cut));
    }
    if let Some(pairs) = pairs(&text, "volume-metadata") {
        let merged: Metadata = volume.metadata.0.clone().into_iter().chain(pairs.0).collect();
        edit.metadata = (merged.0.len() <= model::limits::MAX_METADATA_PAIRS).then_some(merged);
    }
    if let Some(pairs) = pairs(&text, "volume-glance-metadata") {
        edit.image_metadata = Some(pairs);
        edit.bootable = Some(true);
    }
    Ok(edit)
}

fn cut(text: &str) -> String {
    text.chars().take(model::limits::MAX_NAME_CHARS).collect()
}

/// A section that says something. What is not text is left out.
fn pairs(text: &Map<String, Value>, section: &str) -> Option<Metadata> {
    let pairs = text.get(section)?.as_object()?.iter();
    let pairs: Metadata =
        pairs.filter_map(|(key, value)| Some((cut(key), value.as_str()?.to_owned()))).collect();
    (!pairs.0.is_empty() && pairs.0.len() <= model::limits::MAX_METADATA_PAIRS).then_some(pairs)
}

#[cfg(test)]
mod tests;
