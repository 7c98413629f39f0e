//! Snapshot rows. Inserting and removing keep the quota counters in the same transaction.

use model::quota::Counted;
use model::{Metadata, ProjectId, Snapshot, SnapshotId, SnapshotStatus, UserId, VolumeId, VolumeTypeId};

use crate::engine::{Changes, Columns, places};
use crate::{Conn, StoreError, params, pools, quotas, status, volumes};

pub(crate) const COLUMNS: &str = "id, volume_id, project_id, user_id, name, description, size_gib, charged_gib, \
     consumes_quota, status, progress_percent, group_snapshot_id, encryption_key_id, volume_type_id, provider_location, provider_id, metadata, image_metadata, \
     created_at, updated_at";

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Snapshot, StoreError> {
    Ok(Snapshot {
        id: columns.take()?,
        volume_id: columns.take()?,
        project_id: columns.take()?,
        user_id: columns.take()?,
        name: columns.take()?,
        description: columns.take()?,
        size_gib: columns.take()?,
        charged_gib: columns.take()?,
        consumes_quota: columns.take()?,
        status: columns.take()?,
        progress_percent: columns.take()?,
        group_snapshot_id: columns.take()?,
        encryption_key_id: columns.take()?,
        volume_type_id: columns.take()?,
        provider_location: columns.take()?,
        provider_id: columns.take()?,
        metadata: columns.take()?,
        image_metadata: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

/// Inserts a snapshot and charges its quota.
///
/// # Errors
/// The store's own.
pub fn insert(conn: &Conn<'_>, snapshot: &Snapshot) -> Result<(), StoreError> {
    let places = places(COLUMNS.split(',').count());
    conn.run(
        &format!("INSERT INTO snapshots ({COLUMNS}) VALUES ({places})"),
        params![
            snapshot.id,
            snapshot.volume_id,
            &snapshot.project_id,
            &snapshot.user_id,
            &snapshot.name,
            &snapshot.description,
            snapshot.size_gib,
            snapshot.charged_gib,
            snapshot.consumes_quota,
            snapshot.status,
            snapshot.progress_percent,
            snapshot.group_snapshot_id,
            snapshot.encryption_key_id,
            snapshot.volume_type_id,
            &snapshot.provider_location,
            &snapshot.provider_id,
            snapshot.metadata.to_json(),
            snapshot.image_metadata.to_json(),
            snapshot.created_at,
            snapshot.updated_at
        ],
    )?;
    charge_quota(conn, snapshot, 1)
}

/// One snapshot.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: SnapshotId) -> Result<Option<Snapshot>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM snapshots WHERE id = ?{}", conn.for_update());
    conn.row(&sql, params![id], read)
}

/// The snapshots of a volume, newest first.
///
/// # Errors
/// The store's own.
pub fn of_volume(conn: &Conn<'_>, volume: VolumeId) -> Result<Vec<Snapshot>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM snapshots WHERE volume_id = ? ORDER BY created_at DESC, id DESC");
    conn.rows(&sql, params![volume], read)
}

/// Removes a snapshot and gives back what it was charged with. Removing what is gone is a success.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: SnapshotId) -> Result<(), StoreError> {
    let Some(snapshot) = get(conn, id)? else { return Ok(()) };
    conn.run("DELETE FROM snapshots WHERE id = ?", params![id])?;
    if let Some(host) = volumes::host(conn, snapshot.volume_id)? {
        pools::touch(conn, &host)?;
    }
    charge_quota(conn, &snapshot, -1)
}

/// Makes a snapshot another user's in another project, with what it is charged with.
///
/// # Errors
/// The store's own.
pub fn give(conn: &Conn<'_>, id: SnapshotId, project: &ProjectId, user: &UserId) -> Result<(), StoreError> {
    let Some(mut snapshot) = get(conn, id)? else { return Ok(()) };
    charge_quota(conn, &snapshot, -1)?;
    conn.run(
        "UPDATE snapshots SET project_id = ?, user_id = ?, updated_at = ? WHERE id = ?",
        params![project, user, conn.now(), id],
    )?;
    snapshot.project_id = project.clone();
    charge_quota(conn, &snapshot, 1)
}

/// Gives the snapshots of a volume the type that it has got, with what that is charged with.
pub(crate) fn retype(conn: &Conn<'_>, of: VolumeId, to: VolumeTypeId) -> Result<(), StoreError> {
    for mut snapshot in of_volume(conn, of)? {
        charge_quota(conn, &snapshot, -1)?;
        snapshot.volume_type_id = to;
        charge_quota(conn, &snapshot, 1)?;
    }
    let of_type = "UPDATE snapshots SET volume_type_id = ?, updated_at = ? WHERE volume_id = ?";
    conn.run(of_type, params![to, conn.now(), of]).map(drop)
}

/// Sets the status if it is one of `from`; false when it is not, or the snapshot is gone.
///
/// # Errors
/// The store's own.
pub fn set_status_from(
    conn: &Conn<'_>,
    id: SnapshotId,
    from: &[SnapshotStatus],
    to: SnapshotStatus,
) -> Result<bool, StoreError> {
    status::set_from(conn, "snapshots", id, from, to)
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
    pub status: Option<SnapshotStatus>,
    /// Work done, in per cent.
    pub progress_percent: Option<u8>,
    /// What the driver needs to find it.
    pub provider_location: Option<Option<String>>,
    /// What the backend calls it.
    pub provider_id: Option<Option<String>>,
}

/// Changes a row.
///
/// # Errors
/// The store's own.
pub fn edit(conn: &Conn<'_>, id: SnapshotId, edit: &Edit) -> Result<(), StoreError> {
    let mut changes = Changes::new();
    changes.set_opt("name", edit.name.as_ref());
    changes.set_opt("description", edit.description.as_ref());
    changes.set_opt("metadata", edit.metadata.as_ref().map(Metadata::to_json));
    changes.set_opt("status", edit.status);
    changes.set_opt("progress_percent", edit.progress_percent);
    changes.set_opt("provider_location", edit.provider_location.as_ref());
    changes.set_opt("provider_id", edit.provider_id.as_ref());
    changes.set("updated_at", conn.now());
    changes.run(conn, "snapshots", "id", id)
}

fn charge_quota(conn: &Conn<'_>, snapshot: &Snapshot, sign: i64) -> Result<(), StoreError> {
    if !snapshot.consumes_quota {
        return Ok(());
    }
    let gib = i64::try_from(snapshot.charged_gib).unwrap_or(i64::MAX);
    for volume_type in [None, Some(snapshot.volume_type_id)] {
        quotas::add(conn, &snapshot.project_id, &Counted::Snapshots.usage_key(volume_type), sign)?;
        quotas::add(conn, &snapshot.project_id, &Counted::Gigabytes.usage_key(volume_type), sign * gib)?;
    }
    Ok(())
}
