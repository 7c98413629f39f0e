//! The facts of a notification: the fields of Cinder's usage notifications.

use model::{
    Attachment, BackupId, GroupId, GroupSnapshotId, Metadata, SnapshotId, Timestamp, VolumeId, service,
};
use serde_json::{Value, json};
use store::{Conn, StoreError};

/// What a notification is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject {
    Volume(VolumeId),
    Snapshot(SnapshotId),
    Backup(BackupId),
    Group(GroupId),
    GroupSnapshot(GroupSnapshotId),
}

/// The facts, and where they are facts.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) publisher_id: String,
    pub(super) payload: Value,
}

impl Subject {
    /// The first word of its events.
    pub(super) const fn noun(&self) -> &'static str {
        match self {
            Self::Volume(_) => "volume",
            Self::Snapshot(_) => "snapshot",
            Self::Backup(_) => "backup",
            Self::Group(_) => "group",
            Self::GroupSnapshot(_) => "group_snapshot",
        }
    }

    /// What is told of it as it is now; nothing when it is gone.
    pub(super) fn told(&self, conn: &Conn<'_>) -> Result<Option<Told>, StoreError> {
        let found = match self {
            Self::Volume(id) => volume(conn, *id)?,
            Self::Snapshot(id) => snapshot(conn, *id)?,
            Self::Backup(id) => backup(conn, *id)?,
            Self::Group(id) => group(conn, *id)?,
            Self::GroupSnapshot(id) => group_snapshot(conn, *id)?,
        };
        Ok(found.map(|(host, payload)| {
            let noun = self.noun();
            let publisher_id = match host {
                Some(host) => format!("{noun}.{}", service::backend_of(&host)),
                None => noun.to_owned(),
            };
            Told { publisher_id, payload }
        }))
    }
}

type Facts = Option<(Option<String>, Value)>;

fn volume(conn: &Conn<'_>, id: VolumeId) -> Result<Facts, StoreError> {
    let Some(volume) = store::volumes::get(conn, id)? else { return Ok(None) };
    let attachments = store::attachments::of_volume(conn, id)?;
    let mut payload = json!({
        "tenant_id": volume.project_id.as_str(),
        "host": volume.host,
        "user_id": volume.user_id.as_str(),
        "availability_zone": volume.availability_zone,
        "volume_id": id.to_string(),
        "volume_type": volume.volume_type_id.to_string(),
        "display_name": volume.name,
        "launched_at": iso(volume.launched_at.unwrap_or_else(|| conn.now())),
        "created_at": iso(volume.created_at),
        "status": volume.status.to_string(),
        "snapshot_id": volume.snapshot_id.map(|id| id.to_string()),
        "size": volume.size_gib,
        "replication_status": volume.replication_status,
        "replication_extended_status": null,
        "replication_driver_data": null,
        "metadata": pairs(&volume.metadata),
        "volume_attachment": attachments.iter().map(attachment).collect::<Vec<_>>(),
    });
    if !volume.image_metadata.0.is_empty() {
        payload["glance_metadata"] = pairs(&volume.image_metadata);
    }
    Ok(Some((volume.host, payload)))
}

/// How it is attached; by which secrets is nobody's business.
fn attachment(attachment: &Attachment) -> Value {
    json!({
        "id": attachment.id.to_string(),
        "volume_id": attachment.volume_id.to_string(),
        "instance_uuid": attachment.instance_uuid,
        "attached_host": attachment.attached_host,
        "mountpoint": attachment.mountpoint,
        "attach_status": attachment.status.to_string(),
        "attach_mode": attachment.mode.map(|mode| mode.to_string()),
        "attach_time": attachment.attached_at.map(iso),
    })
}

fn snapshot(conn: &Conn<'_>, id: SnapshotId) -> Result<Facts, StoreError> {
    let Some(snapshot) = store::snapshots::get(conn, id)? else { return Ok(None) };
    let volume = store::volumes::get(conn, snapshot.volume_id)?;
    let payload = json!({
        "tenant_id": snapshot.project_id.as_str(),
        "user_id": snapshot.user_id.as_str(),
        "availability_zone": volume.as_ref().map(|volume| volume.availability_zone.as_str()),
        "volume_id": snapshot.volume_id.to_string(),
        "volume_size": snapshot.size_gib,
        "snapshot_id": id.to_string(),
        "display_name": snapshot.name,
        "created_at": iso(snapshot.created_at),
        "status": snapshot.status.to_string(),
        "deleted": "",
        "metadata": python_text(&snapshot.metadata),
    });
    Ok(Some((volume.and_then(|volume| volume.host), payload)))
}

fn backup(conn: &Conn<'_>, id: BackupId) -> Result<Facts, StoreError> {
    let Some(backup) = store::backups::get(conn, id)? else { return Ok(None) };
    let payload = json!({
        "tenant_id": backup.project_id.as_str(),
        "user_id": backup.user_id.as_str(),
        "availability_zone": backup.availability_zone,
        "backup_id": id.to_string(),
        "host": backup.host,
        "display_name": backup.name,
        "created_at": iso(backup.created_at),
        "status": backup.status.to_string(),
        "volume_id": backup.volume_id.to_string(),
        "size": backup.size_gib,
        "service_metadata": backup.service_metadata,
        "service": backup.service,
        "fail_reason": backup.fail_reason,
        "parent_id": backup.parent_id.map(|id| id.to_string()),
        "num_dependent_backups": backup.dependents,
        "snapshot_id": backup.snapshot_id.map(|id| id.to_string()),
    });
    Ok(Some((Some(backup.host), payload)))
}

fn group(conn: &Conn<'_>, id: GroupId) -> Result<Facts, StoreError> {
    let Some(group) = store::groups::get(conn, id)? else { return Ok(None) };
    let payload = json!({
        "tenant_id": group.project_id.as_str(),
        "user_id": group.user_id.as_str(),
        "availability_zone": group.availability_zone,
        "group_id": id.to_string(),
        "group_type": group.group_type_id.to_string(),
        "name": group.name,
        "created_at": iso(group.created_at),
        "status": group.status.to_string(),
    });
    Ok(Some((group.host, payload)))
}

fn group_snapshot(conn: &Conn<'_>, id: GroupSnapshotId) -> Result<Facts, StoreError> {
    let Some(snapshot) = store::group_snapshots::get(conn, id)? else { return Ok(None) };
    let payload = json!({
        "tenant_id": snapshot.project_id.as_str(),
        "user_id": snapshot.user_id.as_str(),
        "group_snapshot_id": id.to_string(),
        "name": snapshot.name,
        "group_id": snapshot.group_id.to_string(),
        "group_type": snapshot.group_type_id.to_string(),
        "created_at": iso(snapshot.created_at),
        "status": snapshot.status.to_string(),
    });
    let group = store::groups::get(conn, snapshot.group_id)?;
    Ok(Some((group.and_then(|group| group.host), payload)))
}

/// `2026-11-20T18:40:32+00:00`.
fn iso(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{}+00:00", text.split('.').next().unwrap_or(&text))
}

fn pairs(metadata: &Metadata) -> Value {
    metadata.0.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

/// As Python writes a dictionary, or nothing for an empty one: that is what listeners get from Cinder.
fn python_text(metadata: &Metadata) -> String {
    if metadata.0.is_empty() {
        return String::new();
    }
    let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    let items: Vec<String> =
        metadata.0.iter().map(|(key, value)| format!("{}: {}", quoted(key), quoted(value))).collect();
    format!("{{{}}}", items.join(", "))
}
