//! What can be done with backups.

pub mod create;
pub mod delete;
pub mod edit;
pub(crate) mod filling;
pub mod import;
pub mod restore;
pub(crate) mod verify;

mod keeper;
mod service;
mod volume_data;

pub use keeper::Keeper;

use ledger::Progress;
use model::refusal::Noun;
use model::{Backup, BackupId, Refusal, Snapshot, SnapshotStatus, Volume};
use ports::DriverError;
use ports::volume::SnapshotRef;
use store::{Conn, Store, StoreError};

use crate::volume::still;
use crate::{Refused, Requester, Tools, snapshot, volume};

pub(crate) use service::queue_for;
pub use service::take_over;

/// The ledger's key of a backup.
pub(crate) fn key(id: BackupId) -> String {
    format!("backup/{id}")
}

/// The backup that the ledger's key names.
pub(crate) fn of_key(key: &str) -> Option<BackupId> {
    key.strip_prefix("backup/")?.parse().ok()
}

/// The backup that a request is about: there, visible, and not forbidden.
///
/// # Errors
/// A refusal that says why; or the store's own failure.
pub fn find(conn: &Conn<'_>, who: &Requester, id: BackupId) -> Result<Backup, Refused> {
    let found = store::backups::get(conn, id)?.filter(|backup| who.sees(&backup.project_id));
    let backup = found.ok_or_else(|| Refusal::not_found(Noun::Backup, id))?;
    (who.may)(&backup.project_id, &backup.user_id)?;
    Ok(backup)
}

/// The snapshot that a backup was made from, if it is still there as it was.
fn source_of(conn: &Conn<'_>, backup: &Backup) -> Result<Option<Snapshot>, StoreError> {
    let found = backup.snapshot_id.map(|id| store::snapshots::get(conn, id)).transpose()?.flatten();
    // The record of a backup that came from elsewhere may name anything.
    let is_whole = |it: &Snapshot| matches!(it.status, SnapshotStatus::Available | SnapshotStatus::BackingUp);
    Ok(found.filter(|it| it.volume_id == backup.volume_id && is_whole(it)))
}

/// The same with its `host@backend`, as a driver knows it.
///
/// # Errors
/// The store's own.
pub fn source(conn: &Conn<'_>, backup: &Backup) -> Result<Option<(String, SnapshotRef)>, StoreError> {
    let Some(found) = source_of(conn, backup)? else { return Ok(None) };
    let volume = store::volumes::get(conn, backup.volume_id)?;
    let source =
        volume.and_then(|it| Some((volume::backend(&it)?.to_owned(), snapshot::driver_ref(&found, &it))));
    Ok(source)
}

/// The backup of a running operation.
pub(crate) async fn load(store: &Store, key: &str) -> Result<Option<Backup>, StoreError> {
    let Some(id) = of_key(key) else { return Ok(None) };
    store.read(move |conn| store::backups::get(conn, id)).await
}

/// Removes the snapshot that a volume in use is read from while it is backed up, if there is one.
async fn thaw_snapshot(
    tools: &Tools,
    backup: &Backup,
    volume: &Volume,
    progress: &Progress,
) -> Result<(), DriverError> {
    match backup.temp_snapshot_id {
        Some(id) => still::remove(tools, volume, id, progress).await,
        None => Ok(()),
    }
}

fn invalid<T>(why: impl Into<String>) -> Result<T, Refused> {
    Err(Refusal::InvalidBackup(why.into()).into())
}
