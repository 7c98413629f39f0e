//! Volumes that are about to get another type. The quota of that type is charged from the beginning, in the same
//! statements' transaction that inserts and removes the row.

use model::quota::Counted;
use model::service::ReplicationStatus;
use model::{ProjectId, Volume, VolumeId, VolumeTypeId};

use crate::{Conn, StoreError, params, quotas, snapshots, volumes};

/// Charges the quota of `to` with `volume`, which is about to get that type.
///
/// # Errors
/// The store's own.
pub fn begin(conn: &Conn<'_>, volume: &Volume, to: VolumeTypeId) -> Result<(), StoreError> {
    conn.run(
        "INSERT INTO volume_retypes (volume_id, project_id, volume_type_id, charged_gib, consumes_quota) \
         VALUES (?, ?, ?, ?, ?)",
        params![volume.id, &volume.project_id, to, volume.charged_gib, volume.consumes_quota],
    )?;
    charge(conn, &volume.project_id, to, volume.consumes_quota, (1, signed(volume.charged_gib)))
}

/// What a volume is beside its type once it has that.
#[derive(Debug, Clone, Copy)]
pub struct Becomes {
    /// Whether several servers may have it.
    pub multiattach: bool,
    /// How it is replicated; none leaves that as it is.
    pub replication: Option<ReplicationStatus>,
}

/// Gives `volume` and its snapshots the type that it is about to get, and back to its old one what that was charged with.
///
/// # Errors
/// The store's own.
pub fn finish(conn: &Conn<'_>, volume: &Volume, becomes: Becomes) -> Result<(), StoreError> {
    let sql = "SELECT volume_type_id FROM volume_retypes WHERE volume_id = ?";
    let Some(to) = conn.row(sql, params![volume.id], |columns| columns.take::<VolumeTypeId>())? else {
        return Ok(());
    };
    // What the row charges is what the volume charges from now on.
    conn.run("DELETE FROM volume_retypes WHERE volume_id = ?", params![volume.id])?;
    conn.run(
        "UPDATE volumes SET volume_type_id = ?, multiattach = ?, updated_at = ? WHERE id = ?",
        params![to, becomes.multiattach, conn.now(), volume.id],
    )?;
    if let Some(status) = becomes.replication {
        volumes::set_replication_status(conn, volume.id, status)?;
    }
    snapshots::retype(conn, volume.id, to)?;
    let amounts = (-1, -signed(volume.charged_gib));
    charge(conn, &volume.project_id, volume.volume_type_id, volume.consumes_quota, amounts)
}

/// Gives back what the new type was charged with: the volume keeps its own. Without one it is a success.
///
/// # Errors
/// The store's own.
pub fn give_up(conn: &Conn<'_>, volume: VolumeId) -> Result<(), StoreError> {
    let sql = "SELECT project_id, volume_type_id, charged_gib, consumes_quota FROM volume_retypes WHERE volume_id = ?";
    let found = conn.row(sql, params![volume], |columns| {
        let (project, to): (ProjectId, VolumeTypeId) = (columns.take()?, columns.take()?);
        Ok((project, to, columns.take::<u64>()?, columns.take::<bool>()?))
    })?;
    let Some((project, to, charged_gib, consumes_quota)) = found else { return Ok(()) };
    conn.run("DELETE FROM volume_retypes WHERE volume_id = ?", params![volume])?;
    charge(conn, &project, to, consumes_quota, (-1, -signed(charged_gib)))
}

/// Whether a volume is about to get this type.
pub(crate) fn any_to_type(conn: &Conn<'_>, volume_type: VolumeTypeId) -> Result<bool, StoreError> {
    conn.exists("SELECT 1 FROM volume_retypes WHERE volume_type_id = ? LIMIT 1", params![volume_type])
}

fn charge(
    conn: &Conn<'_>,
    project: &ProjectId,
    volume_type: VolumeTypeId,
    consumes_quota: bool,
    (volumes, gib): (i64, i64),
) -> Result<(), StoreError> {
    if !consumes_quota {
        return Ok(());
    }
    quotas::add(conn, project, &Counted::Volumes.usage_key(Some(volume_type)), volumes)?;
    quotas::add(conn, project, &Counted::Gigabytes.usage_key(Some(volume_type)), gib)
}

fn signed(gib: u64) -> i64 {
    i64::try_from(gib).unwrap_or(i64::MAX)
}
