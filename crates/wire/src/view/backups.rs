//! Backups.

use model::Backup;

use super::{Growing, Raw, one};
use crate::Microversion;
use crate::json::write::{Object, object};
use crate::links::Links;
use crate::microversion::gate;

/// The encryption key of a service without a key manager, which is not shown.
const FIXED_KEY_ID: &str = "00000000-0000-0000-0000-000000000000";

/// `{"backup": {…}}` with what every revision shows: the reply to whoever made or changed one.
#[must_use]
pub fn summary(backup: &Backup, links: &Links) -> Vec<u8> {
    one("backup", |pairs| write_summary(pairs, backup, links))
}

/// An empty list of backups.
#[must_use]
pub fn begin() -> Growing {
    Growing::new("backups", "backups_links")
}

/// Adds the short form of a backup to a list.
pub fn add_summary(list: &mut Growing, backup: &Backup, links: &Links) {
    list.add(|out| object(out, |pairs| write_summary(pairs, backup, links)));
}

/// How backups are shown in one reply.
#[derive(Debug, Clone)]
pub struct Detail {
    /// The revision that the request speaks.
    pub version: Microversion,
    /// Their addresses.
    pub links: Links,
    /// Whether the caller may see whose they are (`os-backup-project-attr:project_id`).
    pub owner: bool,
}

impl Detail {
    /// `{"backup": {…}}`
    #[must_use]
    pub fn one(&self, backup: &Backup) -> Vec<u8> {
        one("backup", |pairs| self.write(pairs, backup))
    }

    /// Adds a backup to a list.
    pub fn add(&self, list: &mut Growing, backup: &Backup) {
        list.add(|out| object(out, |pairs| self.write(pairs, backup)));
    }

    fn write(&self, pairs: &mut Object<'_>, backup: &Backup) {
        pairs
            .put("id", backup.id)
            .put("status", backup.status)
            .put("size", backup.size_gib)
            .put("object_count", backup.object_count)
            .put("availability_zone", &backup.availability_zone)
            .put("container", backup.container.as_deref())
            .put("created_at", backup.created_at)
            .put("updated_at", backup.updated_at)
            .put("name", backup.name.as_deref())
            .put("description", backup.description.as_deref())
            .put("fail_reason", backup.fail_reason.as_deref())
            .put("volume_id", backup.volume_id)
            .put("links", Raw(|out| self.links.write(out, backup.id)))
            .put("is_incremental", backup.parent_id.is_some())
            .put("has_dependent_backups", backup.dependents > 0)
            .put("snapshot_id", backup.snapshot_id)
            .put("data_timestamp", backup.data_timestamp);
        if self.version.has(gate::BACKUP_METADATA) {
            pairs.put("metadata", &backup.metadata);
        }
        let key = backup.encryption_key_id.map(|key| key.to_string()).filter(|key| key != FIXED_KEY_ID);
        if self.version.has(gate::ENCRYPTION_KEY_ID)
            && let Some(key) = key
        {
            pairs.put("encryption_key_id", key.as_str());
        }
        if self.owner && self.version.has(gate::BACKUP_PROJECT) {
            pairs.put("os-backup-project-attr:project_id", &backup.project_id);
        }
        if self.owner && self.version.has(gate::BACKUP_USER_ID) {
            pairs.put("user_id", &backup.user_id);
        }
    }
}

fn write_summary(pairs: &mut Object<'_>, backup: &Backup, links: &Links) {
    pairs
        .put("id", backup.id)
        .put("name", backup.name.as_deref())
        .put("links", Raw(|out| links.write(out, backup.id)));
}

/// `{"restore": {…}}`
#[must_use]
pub fn restored(backup: model::BackupId, volume: model::VolumeId, volume_name: Option<&str>) -> Vec<u8> {
    one("restore", |pairs| {
        pairs.put("backup_id", backup).put("volume_id", volume).put("volume_name", volume_name);
    })
}

/// `{"backup-record": {…}}`
#[must_use]
pub fn record(service: &str, record: &str) -> Vec<u8> {
    one("backup-record", |pairs| {
        pairs.put("backup_service", service).put("backup_url", record);
    })
}
