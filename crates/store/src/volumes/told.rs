//! What drivers tell of volumes: where they are, how they are exported, how they are replicated.

use model::service::ReplicationStatus;
use model::{VolumeId, VolumeStatus};

use crate::{Conn, StoreError, params};

/// Notes what the driver answered, and that the volume can be used from now on.
///
/// # Errors
/// The store's own.
pub fn set_provisioned(
    conn: &Conn<'_>,
    id: VolumeId,
    location: Option<&str>,
    provider_id: Option<&str>,
) -> Result<(), StoreError> {
    let now = conn.now();
    conn.run(
        "UPDATE volumes SET provider_location = ?, provider_id = ?, launched_at = COALESCE(launched_at, ?), \
         updated_at = ? WHERE id = ?",
        params![location, provider_id, now, now, id],
    )?;
    Ok(())
}

/// Notes what the driver answered about a volume that it had before; what it does not say stays noted.
///
/// # Errors
/// The store's own.
pub fn renew_provisioned(
    conn: &Conn<'_>,
    id: VolumeId,
    location: Option<&str>,
    provider_id: Option<&str>,
) -> Result<(), StoreError> {
    conn.run(
        "UPDATE volumes SET provider_location = COALESCE(?, provider_location), \
         provider_id = COALESCE(?, provider_id), updated_at = ? WHERE id = ?",
        params![location, provider_id, conn.now(), id],
    )?;
    Ok(())
}

/// Notes where a volume is, or stands, as its driver says; none takes the note away.
///
/// # Errors
/// The store's own.
pub fn set_location(conn: &Conn<'_>, id: VolumeId, location: Option<&str>) -> Result<(), StoreError> {
    conn.run("UPDATE volumes SET provider_location = ? WHERE id = ?", params![location, id])?;
    Ok(())
}

/// Notes how the driver exports a volume. None leaves what is there.
///
/// # Errors
/// The store's own.
pub fn set_export(
    conn: &Conn<'_>,
    id: VolumeId,
    location: Option<&str>,
    auth: Option<&str>,
) -> Result<(), StoreError> {
    conn.run(
        "UPDATE volumes SET provider_location = COALESCE(?, provider_location), \
         provider_auth = COALESCE(?, provider_auth) WHERE id = ?",
        params![location, auth, id],
    )?;
    Ok(())
}

/// What the driver needs to let hosts in again: a secret.
///
/// # Errors
/// The store's own.
pub fn provider_auth(conn: &Conn<'_>, id: VolumeId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT provider_auth FROM volumes WHERE id = ?";
    Ok(conn.row(sql, params![id], |columns| columns.take())?.flatten())
}

/// What a failover changes of a volume.
#[derive(Debug, Clone, Copy)]
pub struct Replicated<'a> {
    /// What it is doing.
    pub status: VolumeStatus,
    /// What it was before the failover, when it is not there any more.
    pub previous_status: Option<VolumeStatus>,
    /// How its replication is.
    pub replication_status: Option<&'a str>,
}

/// Notes what a failover, or the making of a replicated volume, has changed.
///
/// # Errors
/// The store's own.
pub fn set_replicated(conn: &Conn<'_>, id: VolumeId, now: &Replicated<'_>) -> Result<(), StoreError> {
    conn.run(
        "UPDATE volumes SET status = ?, previous_status = ?, replication_status = ?, updated_at = ? WHERE id = ?",
        params![now.status, now.previous_status, now.replication_status, conn.now(), id],
    )?;
    Ok(())
}

/// Notes how a volume is replicated.
///
/// # Errors
/// The store's own.
pub fn set_replication_status(
    conn: &Conn<'_>,
    id: VolumeId,
    status: ReplicationStatus,
) -> Result<(), StoreError> {
    conn.run(
        "UPDATE volumes SET replication_status = ?, updated_at = ? WHERE id = ?",
        params![status, conn.now(), id],
    )?;
    Ok(())
}
