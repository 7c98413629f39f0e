//! Migrations: numbered files, each applied once, in order, in a transaction of its own.

use rusqlite::Connection;

use super::open::set;
use crate::StoreError;

/// The files, oldest first; the version of a database is the number of files applied. A landed file never changes.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/sqlite/0001_block_storage.sql"),
    include_str!("../../../migrations/sqlite/0002_identity.sql"),
];

/// Brings the database to the newest version.
pub(crate) fn apply(conn: &Connection) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found = version(conn)?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    for (number, sql) in (1..).zip(MIGRATIONS).skip(usize::try_from(found).unwrap_or(0)) {
        set(conn, &format!("BEGIN IMMEDIATE; {sql} PRAGMA user_version = {number}; COMMIT;"))?;
    }
    Ok(())
}

/// The version of the database; 0 is an empty one.
pub(crate) fn version(conn: &Connection) -> Result<i64, StoreError> {
    conn.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(|error| StoreError::Engine {
        context: "reading the schema version".to_owned(),
        source: Box::new(error),
    })
}
