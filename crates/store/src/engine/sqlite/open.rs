//! Opening the database file with the settings that the house relies on.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::StoreError;

/// Statements kept prepared on each connection.
const PREPARED_STATEMENTS: usize = 128;
/// Page cache of each connection, in KiB.
const CACHE_KIB: i64 = 2048;
/// Pages of 4 KiB in the write-ahead log that make a commit copy them into the database. Most of what creations write are
/// the same pages again and again, which are copied once.
const LOGGED_PAGES: i64 = 4000;
/// What the file of the log is cut to when it begins anew, in bytes.
const LOG_BYTES: i64 = 64 << 20;
/// How long to wait for another process (the command line) that holds the write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause between two tries of what the engine does not wait for by itself.
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// Opens the one connection that writes, and makes the file if there is none.
pub(crate) fn writer(path: &Path) -> Result<Connection, StoreError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = open(path, flags)?;
    log_ahead(&conn)?;
    // FULL, not NORMAL: an answered request must survive a power cut, not only a killed process.
    let log = format!("PRAGMA wal_autocheckpoint = {LOGGED_PAGES}; PRAGMA journal_size_limit = {LOG_BYTES};");
    set(&conn, &format!("PRAGMA synchronous = FULL; {log}"))?;
    Ok(conn)
}

/// Has the database log ahead of its writes. Changing to that mode needs the file alone for a moment, and is the one
/// statement for which the engine does not wait when another process has it.
fn log_ahead(conn: &Connection) -> Result<(), StoreError> {
    let mut left = BUSY_TIMEOUT.as_millis() / BUSY_PAUSE.as_millis();
    loop {
        match conn.pragma_update(None, "journal_mode", "WAL") {
            Ok(()) => return Ok(()),
            Err(error) if left > 0 && error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                left -= 1;
                std::thread::sleep(BUSY_PAUSE);
            }
            Err(error) => {
                let context = "choosing the write-ahead log".to_owned();
                return Err(StoreError::Engine { context, source: Box::new(error) });
            }
        }
    }
}

/// Opens one connection that only reads.
pub(crate) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = open(path, flags)?;
    set(&conn, "PRAGMA query_only = ON;")?;
    Ok(conn)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let opened = Connection::open_with_flags(path, flags).and_then(|conn| {
        conn.busy_timeout(BUSY_TIMEOUT)?;
        conn.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
        // Without this promise of stable plans the engine parses and plans every statement with `LIMIT ?` anew each time
        // that it is bound, which was a third of all the work of a creation.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        conn.execute_batch(&format!(
            "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{CACHE_KIB};"
        ))?;
        Ok(conn)
    });
    opened.map_err(|error| StoreError::Engine {
        context: format!("opening the database {}", path.display()),
        source: Box::new(error),
    })
}

pub(crate) fn set(conn: &Connection, sql: &str) -> Result<(), StoreError> {
    conn.execute_batch(sql)
        .map_err(|error| StoreError::Engine { context: sql.to_owned(), source: Box::new(error) })
}
