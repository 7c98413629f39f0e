//! Offers of volumes to other projects.

use model::{Transfer, TransferId, VolumeId};

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

pub(crate) const COLUMNS: &str = "id, volume_id, project_id, name, no_snapshots, salt, key_hash, created_at";

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Transfer, StoreError> {
    Ok(Transfer {
        id: columns.take()?,
        volume_id: columns.take()?,
        project_id: columns.take()?,
        name: columns.take()?,
        no_snapshots: columns.take()?,
        salt: columns.take()?,
        key_hash: columns.take()?,
        created_at: columns.take()?,
    })
}

/// Inserts an offer.
///
/// # Errors
/// The store's own.
pub fn insert(conn: &Conn<'_>, new: &Transfer) -> Result<(), StoreError> {
    conn.run(
        &format!("INSERT INTO transfers ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
        params![
            new.id,
            new.volume_id,
            &new.project_id,
            &new.name,
            new.no_snapshots,
            &new.salt,
            &new.key_hash,
            new.created_at
        ],
    )?;
    Ok(())
}

/// One offer.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: TransferId) -> Result<Option<Transfer>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM transfers WHERE id = ?"), params![id], read)
}

/// Removes an offer. Removing what is gone is a success.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: TransferId) -> Result<(), StoreError> {
    conn.run("DELETE FROM transfers WHERE id = ?", params![id])?;
    Ok(())
}

/// Removes every offer of a volume.
///
/// # Errors
/// The store's own.
pub fn remove_of_volume(conn: &Conn<'_>, volume: VolumeId) -> Result<(), StoreError> {
    conn.run("DELETE FROM transfers WHERE volume_id = ?", params![volume])?;
    Ok(())
}
