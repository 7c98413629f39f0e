//! Which process looks after a backend, and on which machine.

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

/// Who looks after a backend since it was last brought up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendProcess {
    /// `host@backend`.
    pub host: String,
    /// The process, in all of its lives.
    pub process: String,
    /// The machine on which it runs, until that is started again.
    pub machine: String,
    /// Whether other processes of that machine can read the volumes of the backend.
    pub shows_volumes: bool,
    /// Whether its volumes can be offered to other machines.
    pub offers_volumes: bool,
}

fn read(columns: &mut Columns<'_>) -> Result<BackendProcess, StoreError> {
    Ok(BackendProcess {
        host: columns.take()?,
        process: columns.take()?,
        machine: columns.take()?,
        shows_volumes: columns.take()?,
        offers_volumes: columns.take()?,
    })
}

/// Those of all backends.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>) -> Result<Vec<BackendProcess>, StoreError> {
    let sql =
        "SELECT host, process, machine, shows_volumes, offers_volumes FROM backend_processes ORDER BY host";
    conn.rows(sql, &[], read)
}

/// Notes who looks after a backend from now on.
///
/// # Errors
/// The store's own.
pub fn put(conn: &Conn<'_>, new: &BackendProcess) -> Result<(), StoreError> {
    conn.run(
        "INSERT INTO backend_processes (host, process, machine, shows_volumes, offers_volumes) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (host) DO UPDATE SET process = excluded.process, machine = excluded.machine, \
         shows_volumes = excluded.shows_volumes, offers_volumes = excluded.offers_volumes",
        params![&new.host, &new.process, &new.machine, new.shows_volumes, new.offers_volumes],
    )?;
    Ok(())
}

/// Forgets a backend that no longer exists.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, host: &str) -> Result<(), StoreError> {
    conn.run("DELETE FROM backend_processes WHERE host = ?", params![host])?;
    Ok(())
}
