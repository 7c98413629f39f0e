//! Volume rows.
//!
//! The functions that insert, grow and remove rows keep the quota counters and the pool's allocation in the same
//! statements' transaction; nothing else changes those.

mod told;

use model::quota::Counted;
use model::{
    KeyId, Metadata, MigrationStatus, ProjectId, SnapshotId, UserId, Volume, VolumeId, VolumeStatus,
    VolumeTypeId,
};

use crate::engine::{Columns, places};
use crate::{Conn, StoreError, attachments, copies, params, pools, quotas, retypes, status};

pub use told::{
    Replicated, provider_auth, renew_provisioned, set_export, set_location, set_provisioned, set_replicated,
    set_replication_status,
};

pub(crate) const COLUMNS: &str = "id, project_id, user_id, name, description, size_gib, charged_gib, consumes_quota, \
     status, previous_status, attach_status, migration_status, volume_type_id, availability_zone, host, bootable, \
     multiattach, readonly, snapshot_id, source_volid, backup_id, group_id, encryption_key_id, replication_status, provider_location, provider_id, metadata, \
     image_metadata, created_at, updated_at, launched_at, name_id, migrates_for";

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Volume, StoreError> {
    Ok(Volume {
        id: columns.take()?,
        project_id: columns.take()?,
        user_id: columns.take()?,
        name: columns.take()?,
        description: columns.take()?,
        size_gib: columns.take()?,
        charged_gib: columns.take()?,
        consumes_quota: columns.take()?,
        status: columns.take()?,
        previous_status: columns.take()?,
        attach_status: columns.take()?,
        migration_status: columns.take()?,
        volume_type_id: columns.take()?,
        availability_zone: columns.take()?,
        host: columns.take()?,
        bootable: columns.take()?,
        multiattach: columns.take()?,
        readonly: columns.take()?,
        snapshot_id: columns.take()?,
        source_volid: columns.take()?,
        backup_id: columns.take()?,
        group_id: columns.take()?,
        encryption_key_id: columns.take()?,
        replication_status: columns.take()?,
        provider_location: columns.take()?,
        provider_id: columns.take()?,
        metadata: columns.take()?,
        image_metadata: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
        launched_at: columns.take()?,
        name_id: columns.take()?,
        migrates_for: columns.take()?,
    })
}

/// Inserts a volume that has not been placed, and charges its quota.
///
/// # Errors
/// The store's own.
pub fn insert(conn: &Conn<'_>, volume: &Volume) -> Result<(), StoreError> {
    debug_assert!(volume.host.is_none(), "a volume is placed by `place`, which charges the pool");
    let places = places(COLUMNS.split(',').count());
    conn.run(
        &format!("INSERT INTO volumes ({COLUMNS}) VALUES ({places})"),
        params![
            volume.id,
            &volume.project_id,
            &volume.user_id,
            &volume.name,
            &volume.description,
            volume.size_gib,
            volume.charged_gib,
            volume.consumes_quota,
            volume.status,
            volume.previous_status,
            volume.attach_status,
            volume.migration_status,
            volume.volume_type_id,
            &volume.availability_zone,
            &volume.host,
            volume.bootable,
            volume.multiattach,
            volume.readonly,
            volume.snapshot_id,
            volume.source_volid,
            volume.backup_id,
            volume.group_id,
            volume.encryption_key_id,
            &volume.replication_status,
            &volume.provider_location,
            &volume.provider_id,
            volume.metadata.to_json(),
            volume.image_metadata.to_json(),
            volume.created_at,
            volume.updated_at,
            volume.launched_at,
            volume.name_id,
            volume.migrates_for
        ],
    )?;
    charge_quota(conn, volume, 1, signed(volume.charged_gib))
}

/// One volume.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: VolumeId) -> Result<Option<Volume>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM volumes WHERE id = ?{}", conn.for_update());
    conn.row(&sql, params![id], read)
}

/// The volume whose data on the backend are named by `name`.
///
/// # Errors
/// The store's own.
pub fn named_on_backend(conn: &Conn<'_>, name: VolumeId) -> Result<Option<Volume>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM volumes WHERE name_id = ? OR (id = ? AND name_id IS NULL)");
    conn.row(&sql, params![name, name], read)
}

/// The volume whose content this key opens.
///
/// # Errors
/// The store's own.
pub fn of_key(conn: &Conn<'_>, key: KeyId) -> Result<Option<Volume>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM volumes WHERE encryption_key_id = ?"), params![key], read)
}

/// Nobody copies another volume to this one any more: it is a volume like others, and its project is charged with it.
///
/// # Errors
/// The store's own.
pub fn becomes_ordinary(conn: &Conn<'_>, id: VolumeId) -> Result<(), StoreError> {
    let Some(mut volume) = get(conn, id)?.filter(|volume| !volume.consumes_quota) else { return Ok(()) };
    conn.run("UPDATE volumes SET migrates_for = NULL, consumes_quota = 1 WHERE id = ?", params![id])?;
    volume.consumes_quota = true;
    charge_quota(conn, &volume, 1, signed(volume.charged_gib))
}

/// Where a volume is placed.
pub(crate) fn host(conn: &Conn<'_>, id: VolumeId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT host FROM volumes WHERE id = ?";
    Ok(conn.row(sql, params![id], |columns| columns.take())?.flatten())
}

/// Removes a volume and gives back what it was charged with. Removing what is gone is a success.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: VolumeId) -> Result<(), StoreError> {
    let Some(volume) = get(conn, id)? else { return Ok(()) };
    attachments::remove_of(conn, id)?;
    copies::remove(conn, id)?;
    retypes::give_up(conn, id)?;
    conn.run("DELETE FROM volumes WHERE id = ?", params![id])?;
    if let Some(host) = &volume.host {
        pools::give_back(conn, host, volume.charged_gib, 1)?;
    }
    charge_quota(conn, &volume, -1, -signed(volume.charged_gib))
}

/// Places a volume on `host` (`host@backend#pool`) and charges the pool.
///
/// # Errors
/// The store's own.
pub fn place(conn: &Conn<'_>, volume: &Volume, host: &str, zone: &str) -> Result<(), StoreError> {
    if let Some(previous) = &volume.host {
        pools::give_back(conn, previous, volume.charged_gib, 1)?;
    }
    conn.run(
        "UPDATE volumes SET host = ?, availability_zone = ?, updated_at = ? WHERE id = ?",
        params![host, zone, conn.now(), volume.id],
    )?;
    pools::take(conn, host, volume.charged_gib, 1)
}

/// Takes a volume, of which nothing was made, off the pool on which it was placed.
///
/// # Errors
/// The store's own.
pub fn displace(conn: &Conn<'_>, id: VolumeId) -> Result<(), StoreError> {
    let Some(volume) = get(conn, id)? else { return Ok(()) };
    let Some(host) = &volume.host else { return Ok(()) };
    conn.run("UPDATE volumes SET host = NULL, updated_at = ? WHERE id = ?", params![conn.now(), id])?;
    pools::give_back(conn, host, volume.charged_gib, 1)
}

/// Charges a volume with `charged_gib` from now on: before it grows, and again what it had when growing failed.
///
/// # Errors
/// The store's own.
pub fn charge(conn: &Conn<'_>, id: VolumeId, charged_gib: u64) -> Result<(), StoreError> {
    let Some(volume) = get(conn, id)? else { return Ok(()) };
    conn.run("UPDATE volumes SET charged_gib = ? WHERE id = ?", params![charged_gib, id])?;
    if let Some(host) = &volume.host {
        // Only the difference: what is taken anew counts as not yet seen by any report.
        match charged_gib.checked_sub(volume.charged_gib) {
            Some(more) => pools::take(conn, host, more, 0)?,
            None => pools::give_back(conn, host, volume.charged_gib - charged_gib, 0)?,
        }
    }
    charge_quota(conn, &volume, 0, signed(charged_gib) - signed(volume.charged_gib))
}

/// GiB by which volumes on `host` are to grow whose operations of `kind` stand in this `phase` and `queue`.
///
/// # Errors
/// The store's own.
pub fn growth_in(
    conn: &Conn<'_>,
    host: &str,
    queue: &str,
    kind: &str,
    phase: &str,
) -> Result<u64, StoreError> {
    // The ledger calls a volume `volume/{id}`.
    let sql = "SELECT SUM(volumes.charged_gib - volumes.size_gib) FROM operations \
         JOIN volumes ON volumes.id = SUBSTR(operations.resource, 8) \
         WHERE operations.queue = ? AND operations.kind = ? AND operations.phase = ? AND volumes.host = ?";
    Ok(u64::try_from(conn.int(sql, params![queue, kind, phase, host])?).unwrap_or(0))
}

/// Makes a volume another user's in another project, with what it is charged with.
///
/// # Errors
/// The store's own.
pub fn give(conn: &Conn<'_>, id: VolumeId, project: &ProjectId, user: &UserId) -> Result<(), StoreError> {
    let Some(mut volume) = get(conn, id)? else { return Ok(()) };
    let gib = signed(volume.charged_gib);
    charge_quota(conn, &volume, -1, -gib)?;
    conn.run(
        "UPDATE volumes SET project_id = ?, user_id = ?, updated_at = ? WHERE id = ?",
        params![project, user, conn.now(), id],
    )?;
    volume.project_id = project.clone();
    charge_quota(conn, &volume, 1, gib)
}

/// Sets the size that the volume has on the backend.
///
/// # Errors
/// The store's own.
pub fn set_size(conn: &Conn<'_>, id: VolumeId, size_gib: u64) -> Result<(), StoreError> {
    conn.run(
        "UPDATE volumes SET size_gib = ?, updated_at = ? WHERE id = ?",
        params![size_gib, conn.now(), id],
    )?;
    Ok(())
}

/// Sets the status if it is one of `from`; false when it is not, or the volume is gone.
///
/// # Errors
/// The store's own.
pub fn set_status_from(
    conn: &Conn<'_>,
    id: VolumeId,
    from: &[VolumeStatus],
    to: VolumeStatus,
) -> Result<bool, StoreError> {
    status::set_from(conn, "volumes", id, from, to)
}

/// Sets the status, whatever it was.
///
/// # Errors
/// The store's own.
pub fn set_status(conn: &Conn<'_>, id: VolumeId, to: VolumeStatus) -> Result<(), StoreError> {
    conn.run("UPDATE volumes SET status = ?, updated_at = ? WHERE id = ?", params![to, conn.now(), id])?;
    Ok(())
}

/// Sets the status for as long as something is done with the volume, and notes what it was.
///
/// # Errors
/// The store's own.
pub fn begin_interim(conn: &Conn<'_>, id: VolumeId, interim: VolumeStatus) -> Result<(), StoreError> {
    conn.run(
        "UPDATE volumes SET previous_status = status, status = ?, updated_at = ? WHERE id = ?",
        params![interim, conn.now(), id],
    )?;
    Ok(())
}

/// Takes a volume from `interim` back to what it was, and notes as what it was `outcome` in between. One that somebody
/// has given another status stays so.
///
/// # Errors
/// The store's own.
pub fn end_interim(
    conn: &Conn<'_>,
    id: VolumeId,
    interim: VolumeStatus,
    outcome: VolumeStatus,
    back_to: VolumeStatus,
) -> Result<(), StoreError> {
    conn.run(
        "UPDATE volumes SET previous_status = ?, status = ?, updated_at = ? WHERE id = ? AND status = ?",
        params![outcome, back_to, conn.now(), id, interim],
    )?;
    Ok(())
}

/// Every volume of the backend `host` (`host@backend`), in whichever pool.
///
/// # Errors
/// The store's own.
pub fn on_backend(conn: &Conn<'_>, host: &str) -> Result<Vec<Volume>, StoreError> {
    let pools = format!("{host}#");
    let sql = format!("SELECT {COLUMNS} FROM volumes WHERE host = ? OR SUBSTR(host, 1, ?) = ? ORDER BY id");
    conn.rows(&sql, params![host, pools.chars().count(), &pools], read)
}

/// Notes the key that the content is encrypted with.
///
/// # Errors
/// The store's own.
pub fn set_key(conn: &Conn<'_>, id: VolumeId, key: Option<KeyId>) -> Result<(), StoreError> {
    conn.run(
        "UPDATE volumes SET encryption_key_id = ?, updated_at = ? WHERE id = ?",
        params![key, conn.now(), id],
    )?;
    Ok(())
}

/// What a user or an administrator may change of a row by hand. None leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// Display name.
    pub name: Option<Option<String>>,
    /// Free text.
    pub description: Option<Option<String>>,
    /// All pairs.
    pub metadata: Option<Metadata>,
    /// All facts about its image.
    pub image_metadata: Option<Metadata>,
    /// Whether a machine can boot from it.
    pub bootable: Option<bool>,
    /// Whether it may only be attached for reading.
    pub readonly: Option<bool>,
    /// How far a migration is.
    pub migration_status: Option<Option<MigrationStatus>>,
    /// Whether it is attached.
    pub attach_status: Option<model::AttachStatus>,
    /// What it is doing.
    pub status: Option<VolumeStatus>,
}

/// Changes a row by hand.
///
/// # Errors
/// The store's own.
pub fn edit(conn: &Conn<'_>, id: VolumeId, edit: &Edit) -> Result<(), StoreError> {
    let mut changes = crate::engine::Changes::new();
    changes.set_opt("name", edit.name.as_ref());
    changes.set_opt("description", edit.description.as_ref());
    changes.set_opt("metadata", edit.metadata.as_ref().map(Metadata::to_json));
    changes.set_opt("image_metadata", edit.image_metadata.as_ref().map(Metadata::to_json));
    changes.set_opt("bootable", edit.bootable);
    changes.set_opt("readonly", edit.readonly);
    changes.set_opt("migration_status", edit.migration_status);
    changes.set_opt("attach_status", edit.attach_status);
    changes.set_opt("status", edit.status);
    changes.set("updated_at", conn.now());
    changes.run(conn, "volumes", "id", id)
}

/// Whether a volume is of this type, or about to be.
///
/// # Errors
/// The store's own.
pub fn any_of_type(conn: &Conn<'_>, volume_type: VolumeTypeId) -> Result<bool, StoreError> {
    let is_one =
        conn.exists("SELECT 1 FROM volumes WHERE volume_type_id = ? LIMIT 1", params![volume_type])?;
    Ok(is_one || retypes::any_to_type(conn, volume_type)?)
}

/// Whether a volume was made from this snapshot.
///
/// # Errors
/// The store's own.
pub fn any_from_snapshot(conn: &Conn<'_>, snapshot: SnapshotId) -> Result<bool, StoreError> {
    conn.exists("SELECT 1 FROM volumes WHERE snapshot_id = ? LIMIT 1", params![snapshot])
}

fn charge_quota(conn: &Conn<'_>, volume: &Volume, count: i64, gib: i64) -> Result<(), StoreError> {
    if !volume.consumes_quota {
        return Ok(());
    }
    for volume_type in [None, Some(volume.volume_type_id)] {
        quotas::add(conn, &volume.project_id, &Counted::Volumes.usage_key(volume_type), count)?;
        quotas::add(conn, &volume.project_id, &Counted::Gigabytes.usage_key(volume_type), gib)?;
    }
    Ok(())
}

fn signed(gib: u64) -> i64 {
    i64::try_from(gib).unwrap_or(i64::MAX)
}
