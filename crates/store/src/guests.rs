//! Hosts that are let in to a volume without an attachment: what `os-initialize_connection` leaves, until somebody says
//! that they have left.

use model::{AttachMode, Connector, VolumeId};

use crate::{Conn, StoreError, params};

/// The hosts that are in, oldest first, and how.
///
/// # Errors
/// The store's own.
pub fn of_volume(conn: &Conn<'_>, volume: VolumeId) -> Result<Vec<(Connector, AttachMode)>, StoreError> {
    let sql = "SELECT connector, mode FROM guests WHERE volume_id = ? ORDER BY seq";
    conn.rows(sql, params![volume], |columns| Ok((columns.take()?, columns.take()?)))
}

/// Notes that a host is in. One that was is in as it is now.
///
/// # Errors
/// The store's own.
pub fn put(
    conn: &Conn<'_>,
    volume: VolumeId,
    connector: &Connector,
    mode: AttachMode,
) -> Result<(), StoreError> {
    remove(conn, volume, connector)?;
    conn.run(
        "INSERT INTO guests (volume_id, connector, mode) VALUES (?, ?, ?)",
        params![volume, connector.to_json(), mode],
    )?;
    Ok(())
}

/// Notes that a host has left. Removing one that is not there is a success.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, volume: VolumeId, connector: &Connector) -> Result<(), StoreError> {
    let sql = "SELECT seq, connector FROM guests WHERE volume_id = ?";
    let known: Vec<(i64, Connector)> =
        conn.rows(sql, params![volume], |columns| Ok((columns.take()?, columns.take()?)))?;
    for (seq, _) in known.into_iter().filter(|(_, known)| known.is_same_host(connector)) {
        conn.run("DELETE FROM guests WHERE seq = ?", params![seq])?;
    }
    Ok(())
}

/// Whoever is in to `from` is in to `to` from now on, and nobody else is.
///
/// # Errors
/// The store's own.
pub fn hand_over(conn: &Conn<'_>, from: VolumeId, to: VolumeId) -> Result<(), StoreError> {
    remove_all(conn, to)?;
    conn.run("UPDATE guests SET volume_id = ? WHERE volume_id = ?", params![to, from])?;
    Ok(())
}

/// Notes that all hosts have left.
///
/// # Errors
/// The store's own.
pub fn remove_all(conn: &Conn<'_>, volume: VolumeId) -> Result<(), StoreError> {
    conn.run("DELETE FROM guests WHERE volume_id = ?", params![volume])?;
    Ok(())
}
