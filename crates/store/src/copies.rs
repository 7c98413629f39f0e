//! The other copy that a volume has while it moves, or that a move could not remove. Its pool is charged with it, in
//! the same statements' transaction that inserts, exchanges and removes its row.

use model::{Volume, VolumeId};

use crate::engine::Columns;
use crate::{Conn, StoreError, params, pools};

/// A copy of a volume on another backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeCopy {
    /// The volume.
    pub volume_id: VolumeId,
    /// Where the copy is, `host@backend#pool`.
    pub host: String,
    /// GiB that the pool is charged with.
    pub charged_gib: u64,
    /// Whether all of it is there.
    pub made: bool,
    /// What the driver needs to find it.
    pub provider_location: Option<String>,
    /// What the backend calls it.
    pub provider_id: Option<String>,
}

const COLUMNS: &str = "volume_id, host, charged_gib, made, provider_location, provider_id";

fn read(columns: &mut Columns<'_>) -> Result<VolumeCopy, StoreError> {
    Ok(VolumeCopy {
        volume_id: columns.take()?,
        host: columns.take()?,
        charged_gib: columns.take()?,
        made: columns.take()?,
        provider_location: columns.take()?,
        provider_id: columns.take()?,
    })
}

/// The other copy of a volume, if it has one.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, volume: VolumeId) -> Result<Option<VolumeCopy>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM volume_copies WHERE volume_id = ?"), params![volume], read)
}

/// Every copy.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>) -> Result<Vec<VolumeCopy>, StoreError> {
    conn.rows(&format!("SELECT {COLUMNS} FROM volume_copies ORDER BY volume_id"), &[], read)
}

/// Places a copy of `volume`, which has none, on `host` (`host@backend#pool`) and charges the pool.
///
/// # Errors
/// The store's own.
pub fn place(conn: &Conn<'_>, volume: &Volume, host: &str) -> Result<(), StoreError> {
    conn.run(
        &format!("INSERT INTO volume_copies ({COLUMNS}) VALUES (?, ?, ?, 0, NULL, NULL)"),
        params![volume.id, host, volume.charged_gib],
    )?;
    pools::take(conn, host, volume.charged_gib, 1)
}

/// Notes that all of the copy is there, and what the driver answered.
///
/// # Errors
/// The store's own.
pub fn set_made(
    conn: &Conn<'_>,
    volume: VolumeId,
    location: Option<&str>,
    provider_id: Option<&str>,
) -> Result<(), StoreError> {
    conn.run(
        "UPDATE volume_copies SET made = 1, provider_location = ?, provider_id = ? WHERE volume_id = ?",
        params![location, provider_id, volume],
    )?;
    Ok(())
}

/// Lets the volume and its copy change places: the copy is the volume from now on, in `zone`.
///
/// # Errors
/// The store's own.
pub fn exchange(conn: &Conn<'_>, volume: &Volume, copy: &VolumeCopy, zone: &str) -> Result<(), StoreError> {
    // What hosts authenticated themselves with belongs to the backend where it was.
    conn.run(
        "UPDATE volumes SET host = ?, availability_zone = ?, provider_location = ?, provider_id = ?, \
         provider_auth = NULL, updated_at = ? WHERE id = ?",
        params![&copy.host, zone, &copy.provider_location, &copy.provider_id, conn.now(), volume.id],
    )?;
    // Both pools stay charged as they are: each keeps one of the two.
    conn.run(
        "UPDATE volume_copies SET host = ?, provider_location = ?, provider_id = ? WHERE volume_id = ?",
        params![&volume.host, &volume.provider_location, &volume.provider_id, volume.id],
    )?;
    Ok(())
}

/// Forgets a copy that is gone from its backend, and gives back what its pool was charged with. Without one it is a
/// success.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, volume: VolumeId) -> Result<(), StoreError> {
    let Some(copy) = get(conn, volume)? else { return Ok(()) };
    conn.run("DELETE FROM volume_copies WHERE volume_id = ?", params![volume])?;
    pools::give_back(conn, &copy.host, copy.charged_gib, 1)
}
