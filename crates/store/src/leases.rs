//! What one process at a time does, whichever it is.

use model::Timestamp;

use crate::{Conn, StoreError, params};

/// Takes or keeps the lease `name` until `until`. False while another holds it.
///
/// # Errors
/// The store's own.
pub fn take(conn: &Conn<'_>, name: &str, owner: &str, until: Timestamp) -> Result<bool, StoreError> {
    let changed = conn.run(
        "UPDATE leases SET owner = ?, lease_until = ? WHERE name = ? AND (owner = ? OR lease_until < ?)",
        params![owner, until, name, owner, conn.now()],
    )?;
    if changed == 1 {
        return Ok(true);
    }
    if conn.exists("SELECT 1 FROM leases WHERE name = ?", params![name])? {
        return Ok(false);
    }
    let inserted = conn
        .run("INSERT INTO leases (name, owner, lease_until) VALUES (?, ?, ?)", params![name, owner, until]);
    match inserted {
        // Another took it a moment ago.
        Err(StoreError::Duplicate(_)) => Ok(false),
        other => other.map(|_| true),
    }
}

/// Gives the lease back, if `owner` holds it.
///
/// # Errors
/// The store's own.
pub fn give_back(conn: &Conn<'_>, name: &str, owner: &str) -> Result<(), StoreError> {
    conn.run("DELETE FROM leases WHERE name = ? AND owner = ?", params![name, owner]).map(|_| ())
}

/// Until when another than `owner` holds the lease; none when it can be taken.
///
/// # Errors
/// The store's own.
pub fn held_until(conn: &Conn<'_>, name: &str, owner: &str) -> Result<Option<Timestamp>, StoreError> {
    conn.row(
        "SELECT lease_until FROM leases WHERE name = ? AND owner <> ? AND lease_until >= ?",
        params![name, owner, conn.now()],
        |columns| columns.take(),
    )
}
