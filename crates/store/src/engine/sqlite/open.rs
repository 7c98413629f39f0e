//! Opening the database file with the settings that the house relies on.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::StoreError;

/// Statements kept prepared on each connection.
const PREPARED_STATEMENTS: usize = 128;
/// Page cache of each connection, in KiB.
const CACHE_KIB: i64 = 2048;
/// How long to wait for another process (the command line) that holds the write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens the one connection that writes, and makes the file if there is none.
pub(crate) fn writer(path: &Path) -> Result<Connection, StoreError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = open(path, flags)?;
    // FULL, not NORMAL: an answered request must survive a power cut, not only a killed process.
    set(
        &conn,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;",
    )?;
    Ok(conn)
}

/// Opens one connection that only reads.
pub(crate) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = open(path, flags)?;
    set(&conn, "PRAGMA query_only = ON;")?;
    Ok(conn)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let context = || format!("opening the database {}", path.display());
    let conn = Connection::open_with_flags(path, flags)
        .map_err(|error| StoreError::Engine { context: context(), source: Box::new(error) })?;
    conn.busy_timeout(BUSY_TIMEOUT)
        .map_err(|error| StoreError::Engine { context: context(), source: Box::new(error) })?;
    conn.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    set(
        &conn,
        &format!("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{CACHE_KIB};"),
    )?;
    Ok(conn)
}

pub(crate) fn set(conn: &Connection, sql: &str) -> Result<(), StoreError> {
    conn.execute_batch(sql)
        .map_err(|error| StoreError::Engine { context: sql.to_owned(), source: Box::new(error) })
}
