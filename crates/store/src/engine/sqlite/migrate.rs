//! Migrations: numbered files, each applied once, in order, those that a database lacks in one transaction: one that is
//! killed has changed nothing, and a new database waits for the disk once and not once for every file.

use rusqlite::Connection;

use super::open::set;
use crate::StoreError;
use crate::engine::server::Versions;

/// The version that the first file makes, the others count on. Lower ones were made before the first release, by files that
/// no longer exist.
const FIRST: i64 = 101;

/// The files, oldest first. A released file never changes. They are those of all engines: [`crate::engine::dialect`] says
/// them in the words of the others.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/sqlite/0001_block_storage.sql"),
    include_str!("../../../migrations/sqlite/0002_identity.sql"),
    include_str!("../../../migrations/sqlite/0004_default_types.sql"),
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
    include_str!("../../../migrations/sqlite/0210_image_keys.sql"),
    include_str!("../../../migrations/sqlite/0400_bases.sql"),
    include_str!("../../../migrations/sqlite/0310_outbox.sql"),
    include_str!("../../../migrations/sqlite/0401_templates.sql"),
    include_str!("../../../migrations/sqlite/0500_host_growths.sql"),
    include_str!("../../../migrations/sqlite/0561_guests.sql"),
    include_str!("../../../migrations/sqlite/0610_volumes_by_key.sql"),
    include_str!("../../../migrations/sqlite/0650_backup_policies.sql"),
    include_str!("../../../migrations/sqlite/0660_backend_processes.sql"),
    include_str!("../../../migrations/sqlite/0670_image_uploads.sql"),
    include_str!("../../../migrations/sqlite/0680_image_cache_reads.sql"),
    include_str!("../../../migrations/sqlite/0690_image_upload_leases.sql"),
    include_str!("../../../migrations/sqlite/0700_image_staging.sql"),
    include_str!("../../../migrations/sqlite/0710_services_by_cluster.sql"),
];

/// The files with the versions that they make, oldest first.
pub(crate) fn files() -> impl Iterator<Item = (i64, &'static str)> {
    (FIRST..).zip(MIGRATIONS.iter().copied())
}

/// The newest version.
pub(crate) fn newest() -> i64 {
    files().last().map_or(0, |(version, _)| version)
}

/// Whether a database of this version can be brought up to date.
///
/// # Errors
/// It was made before the first release.
pub(crate) fn can_grow(found: i64) -> Result<(), StoreError> {
    if (1..FIRST).contains(&found) { Err(StoreError::Unreleased { found }) } else { Ok(()) }
}

/// Brings the database to the newest version.
pub(crate) fn apply(conn: &Connection) -> Result<(), StoreError> {
    if grown(conn)? == newest() {
        return Ok(());
    }
    set(conn, "BEGIN IMMEDIATE")?;
    // Looked at again under the lock: a process that started together with this one may have been faster.
    let found = grown(conn)?;
    for (version, sql) in files().filter(|(version, _)| *version > found) {
        migrate(conn, version, sql)?;
    }
    set(conn, "COMMIT")
}

/// The version of a database that this binary can bring up to date.
fn grown(conn: &Connection) -> Result<i64, StoreError> {
    let (found, known) = (version(conn)?, newest());
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    can_grow(found).map(|()| found)
}

/// Whether the database is of exactly the newest version: what a process beside the service may work with.
pub(crate) fn check(conn: &Connection) -> Result<(), StoreError> {
    versions(conn)?.check()
}

fn migrate(conn: &Connection, version: i64, sql: &str) -> Result<(), StoreError> {
    conn.execute_batch(&format!("{sql} PRAGMA user_version = {version};")).map_err(|error| {
        StoreError::Engine {
            context: format!("bringing the schema to version {version}"),
            source: Box::new(error),
        }
    })
}

/// The versions of the database and of this binary.
pub(crate) fn versions(conn: &Connection) -> Result<Versions, StoreError> {
    let database = version(conn)?;
    // One process at a time uses the file, so nobody needs an older binary to go on with it.
    Ok(Versions { database, binary: newest(), needed: database })
}

/// The version of the database; 0 is an empty one.
pub(crate) fn version(conn: &Connection) -> Result<i64, StoreError> {
    conn.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(|error| StoreError::Engine {
        context: "reading the schema version".to_owned(),
        source: Box::new(error),
    })
}
