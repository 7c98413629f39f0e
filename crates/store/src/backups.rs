//! Backup rows. Inserting and removing keep the quota counters in the same transaction.

use model::quota::Counted;
use model::{Backup, BackupId, BackupStatus, KeyId, Metadata, ProjectId, SnapshotId, VolumeId};

use crate::engine::{Changes, Columns, places};
use crate::{Conn, StoreError, params, quotas, status};

const STORED: &str = "id, project_id, user_id, volume_id, snapshot_id, parent_id, name, description, size_gib, status, \
     fail_reason, availability_zone, host, container, service, service_metadata, object_count, data_timestamp, \
     temp_snapshot_id, restore_volume_id, encryption_key_id, metadata, created_at, updated_at";
pub(crate) const COLUMNS: &str = "id, project_id, user_id, volume_id, snapshot_id, parent_id, name, description, \
     size_gib, status, fail_reason, availability_zone, host, container, service, service_metadata, object_count, \
     data_timestamp, temp_snapshot_id, restore_volume_id, encryption_key_id, metadata, created_at, updated_at, \
     (SELECT COUNT(*) FROM backups increments WHERE increments.parent_id = backups.id)";

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Backup, StoreError> {
    Ok(Backup {
        id: columns.take()?,
        project_id: columns.take()?,
        user_id: columns.take()?,
        volume_id: columns.take()?,
        snapshot_id: columns.take()?,
        parent_id: columns.take()?,
        name: columns.take()?,
        description: columns.take()?,
        size_gib: columns.take()?,
        status: columns.take()?,
        fail_reason: columns.take()?,
        availability_zone: columns.take()?,
        host: columns.take()?,
        container: columns.take()?,
        service: columns.take()?,
        service_metadata: columns.take()?,
        object_count: columns.take()?,
        data_timestamp: columns.take()?,
        temp_snapshot_id: columns.take()?,
        restore_volume_id: columns.take()?,
        encryption_key_id: columns.take()?,
        metadata: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
        dependents: columns.take()?,
    })
}

/// Inserts a backup and charges its quota.
///
/// # Errors
/// [`StoreError::Duplicate`] when there is one of this identifier; the store's own.
pub fn insert(conn: &Conn<'_>, backup: &Backup) -> Result<(), StoreError> {
    let places = places(STORED.split(',').count());
    conn.run(
        &format!("INSERT INTO backups ({STORED}) VALUES ({places})"),
        params![
            backup.id,
            &backup.project_id,
            &backup.user_id,
            backup.volume_id,
            backup.snapshot_id,
            backup.parent_id,
            &backup.name,
            &backup.description,
            backup.size_gib,
            backup.status,
            &backup.fail_reason,
            &backup.availability_zone,
            &backup.host,
            &backup.container,
            &backup.service,
            &backup.service_metadata,
            backup.object_count,
            backup.data_timestamp,
            backup.temp_snapshot_id,
            backup.restore_volume_id,
            backup.encryption_key_id,
            backup.metadata.to_json(),
            backup.created_at,
            backup.updated_at
        ],
    )?;
    charge_quota(conn, backup, 1)
}

/// One backup.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: BackupId) -> Result<Option<Backup>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM backups WHERE id = ?"), params![id], read)
}

/// The backups of a volume that `project` has, those with the newest content first.
///
/// # Errors
/// The store's own.
pub fn of_volume(conn: &Conn<'_>, volume: VolumeId, project: &ProjectId) -> Result<Vec<Backup>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM backups WHERE volume_id = ? AND project_id = ? ORDER BY data_timestamp DESC, seq DESC"
    );
    conn.rows(&sql, params![volume, project], read)
}

/// A backup and those that it is an increment of, the full one first. None when one of them is gone, or they go round
/// in circles.
///
/// # Errors
/// The store's own.
pub fn chain(conn: &Conn<'_>, id: BackupId) -> Result<Option<Vec<Backup>>, StoreError> {
    let (mut chain, mut next) = (Vec::<Backup>::new(), Some(id));
    while let Some(id) = next {
        let Some(backup) = get(conn, id)? else { return Ok(None) };
        if chain.iter().any(|known| known.id == id) {
            return Ok(None);
        }
        next = backup.parent_id;
        chain.push(backup);
    }
    chain.reverse();
    Ok(Some(chain))
}

/// Removes a backup and gives back what it was charged with. Removing what is gone is a success.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: BackupId) -> Result<(), StoreError> {
    let Some(backup) = get(conn, id)? else { return Ok(()) };
    conn.run("DELETE FROM backups WHERE id = ?", params![id])?;
    charge_quota(conn, &backup, -1)
}

/// Sets the status if it is one of `from`; false when it is not, or the backup is gone.
///
/// # Errors
/// The store's own.
pub fn set_status_from(
    conn: &Conn<'_>,
    id: BackupId,
    from: &[BackupStatus],
    to: BackupStatus,
) -> Result<bool, StoreError> {
    status::set_from(conn, "backups", id, from, to)
}

/// The other backups whose objects are the same: records may be taken over under a new identifier.
///
/// # Errors
/// The store's own.
pub fn at_same_place(conn: &Conn<'_>, backup: &Backup) -> Result<Vec<Backup>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM backups WHERE container = ? AND service_metadata = ? AND id <> ? ORDER BY seq"
    );
    conn.rows(&sql, params![&backup.container, &backup.service_metadata, backup.id], read)
}

/// Notes where the backup is going to lie.
///
/// # Errors
/// The store's own.
pub fn set_location(
    conn: &Conn<'_>,
    id: BackupId,
    service: &str,
    container: &str,
    prefix: &str,
) -> Result<(), StoreError> {
    conn.run(
        "UPDATE backups SET service = ?, container = ?, service_metadata = ?, updated_at = ? WHERE id = ?",
        params![service, container, prefix, conn.now(), id],
    )?;
    Ok(())
}

/// Notes the key that the content is encrypted with.
///
/// # Errors
/// The store's own.
pub fn set_key(conn: &Conn<'_>, id: BackupId, key: KeyId) -> Result<(), StoreError> {
    let sql = "UPDATE backups SET encryption_key_id = ?, updated_at = ? WHERE id = ?";
    conn.run(sql, params![key, conn.now(), id])?;
    Ok(())
}

/// What may be changed of a row. None leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// Display name.
    pub name: Option<Option<String>>,
    /// Free text.
    pub description: Option<Option<String>>,
    /// All pairs.
    pub metadata: Option<Metadata>,
    /// What it is doing.
    pub status: Option<BackupStatus>,
    /// Why the last operation failed.
    pub fail_reason: Option<Option<String>>,
    /// Objects with content.
    pub object_count: Option<u64>,
    /// The snapshot that the volume is read from.
    pub temp_snapshot_id: Option<Option<SnapshotId>>,
    /// The volume that it is restored to.
    pub restore_volume_id: Option<VolumeId>,
}

/// Changes a row.
///
/// # Errors
/// The store's own.
pub fn edit(conn: &Conn<'_>, id: BackupId, edit: &Edit) -> Result<(), StoreError> {
    let mut changes = Changes::new();
    changes.set_opt("name", edit.name.as_ref());
    changes.set_opt("description", edit.description.as_ref());
    changes.set_opt("metadata", edit.metadata.as_ref().map(Metadata::to_json));
    changes.set_opt("status", edit.status);
    changes.set_opt("fail_reason", edit.fail_reason.as_ref());
    changes.set_opt("object_count", edit.object_count);
    changes.set_opt("temp_snapshot_id", edit.temp_snapshot_id);
    changes.set_opt("restore_volume_id", edit.restore_volume_id);
    changes.set("updated_at", conn.now());
    changes.run(conn, "backups", "id", id)
}

fn charge_quota(conn: &Conn<'_>, backup: &Backup, sign: i64) -> Result<(), StoreError> {
    let gib = i64::try_from(backup.size_gib).unwrap_or(i64::MAX);
    quotas::add(conn, &backup.project_id, &Counted::Backups.usage_key(None), sign)?;
    quotas::add(conn, &backup.project_id, &Counted::BackupGigabytes.usage_key(None), sign * gib)
}
