//! Migrations: numbered files, each applied once, in order, those that a database lacks in one transaction: one that is
//! killed has changed nothing, and a new database waits for the disk once and not once for every file.

use rusqlite::Connection;

use super::open::set;
use crate::StoreError;
use crate::engine::server::Versions;

/// The files, oldest first; the version of a database is the number of files applied. A landed file never changes. They
/// are those of all engines: [`crate::engine::dialect`] says them in the words of the others.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/sqlite/0001_block_storage.sql"),
    include_str!("../../../migrations/sqlite/0002_identity.sql"),
    include_str!("../../../migrations/sqlite/0003_sharp_reports.sql"),
    include_str!("../../../migrations/sqlite/0004_default_types.sql"),
    include_str!("../../../migrations/sqlite/0005_sources_and_keys.sql"),
    include_str!("../../../migrations/sqlite/0010_attachments.sql"),
    include_str!("../../../migrations/sqlite/0020_images.sql"),
    include_str!("../../../migrations/sqlite/0021_image_tasks.sql"),
    include_str!("../../../migrations/sqlite/0022_metadefs.sql"),
    include_str!("../../../migrations/sqlite/0030_moves.sql"),
    include_str!("../../../migrations/sqlite/0040_backups.sql"),
    include_str!("../../../migrations/sqlite/0050_groups.sql"),
    include_str!("../../../migrations/sqlite/0060_transfers.sql"),
    include_str!("../../../migrations/sqlite/0061_qos_specs.sql"),
    include_str!("../../../migrations/sqlite/0062_encryptions.sql"),
    include_str!("../../../migrations/sqlite/0063_sealed_keys.sql"),
    include_str!("../../../migrations/sqlite/0070_clusters.sql"),
    include_str!("../../../migrations/sqlite/0031_given_up_because.sql"),
    include_str!("../../../migrations/sqlite/0210_image_keys.sql"),
    include_str!("../../../migrations/sqlite/0400_bases.sql"),
    include_str!("../../../migrations/sqlite/0310_outbox.sql"),
    include_str!("../../../migrations/sqlite/0211_names_of_volumes.sql"),
    include_str!("../../../migrations/sqlite/0401_templates.sql"),
    include_str!("../../../migrations/sqlite/0500_host_growths.sql"),
    include_str!("../../../migrations/sqlite/0560_images_of_snapshots.sql"),
    include_str!("../../../migrations/sqlite/0561_guests.sql"),
    include_str!("../../../migrations/sqlite/0610_volumes_by_key.sql"),
];

/// Brings the database to the newest version.
pub(crate) fn apply(conn: &Connection) -> Result<(), StoreError> {
    if applied(conn)? == MIGRATIONS.len() {
        return Ok(());
    }
    set(conn, "BEGIN IMMEDIATE")?;
    // Looked at again under the lock: a process that started together with this one may have been faster.
    let applied = applied(conn)?;
    for (number, sql) in (1..).zip(MIGRATIONS).skip(applied) {
        migrate(conn, number, sql)?;
    }
    set(conn, "COMMIT")
}

/// How many of [`MIGRATIONS`] the database has.
///
/// # Errors
///
/// When it has more than this binary knows.
fn applied(conn: &Connection) -> Result<usize, StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    match version(conn)? {
        found if found > known => Err(StoreError::TooNew { found, known }),
        found => Ok(usize::try_from(found).unwrap_or(0)),
    }
}

/// Whether the database is of exactly the newest version: what a process beside the service may work with.
pub(crate) fn check(conn: &Connection) -> Result<(), StoreError> {
    versions(conn)?.check()
}

fn migrate(conn: &Connection, number: i64, sql: &str) -> Result<(), StoreError> {
    conn.execute_batch(&format!("{sql} PRAGMA user_version = {number};")).map_err(|error| {
        StoreError::Engine {
            context: format!("bringing the schema to version {number}"),
            source: Box::new(error),
        }
    })
}

/// The versions of the database and of this binary.
pub(crate) fn versions(conn: &Connection) -> Result<Versions, StoreError> {
    let database = version(conn)?;
    let binary = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    // One process at a time uses the file, so nobody needs an older binary to go on with it.
    Ok(Versions { database, binary, needed: database })
}

/// The version of the database; 0 is an empty one.
pub(crate) fn version(conn: &Connection) -> Result<i64, StoreError> {
    conn.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(|error| StoreError::Engine {
        context: "reading the schema version".to_owned(),
        source: Box::new(error),
    })
}
