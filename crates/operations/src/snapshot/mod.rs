//! What can be done to a snapshot.

pub mod create;
pub mod delete;
pub mod edit;
pub mod manage;
pub mod unmanage;

use model::refusal::Noun;
use model::{Refusal, Snapshot, SnapshotId, SnapshotStatus, Volume};
use ports::volume::{SnapshotRef, VolumeRef};
use store::{Conn, Store, StoreError};

use crate::{Refused, Requester, volume};

/// The ledger's key of a snapshot.
pub(crate) fn key(id: SnapshotId) -> String {
    format!("snapshot/{id}")
}

/// The snapshot that the ledger's key names.
pub(crate) fn of_key(key: &str) -> Option<SnapshotId> {
    key.strip_prefix("snapshot/")?.parse().ok()
}

/// The snapshot that a request is about: there, visible, and not forbidden.
///
/// # Errors
/// A refusal that says why; or the store's own failure.
pub fn find(conn: &Conn<'_>, who: &Requester, id: SnapshotId) -> Result<Snapshot, Refused> {
    let found = store::snapshots::get(conn, id)?.filter(|snapshot| who.sees(&snapshot.project_id));
    let snapshot = found.ok_or_else(|| Refusal::not_found(Noun::Snapshot, id))?;
    (who.may)(&snapshot.project_id, &snapshot.user_id)?;
    Ok(snapshot)
}

/// Refuses what an operation still works on, whatever status an administrator has given it meanwhile.
pub(crate) fn check_not_held(conn: &Conn<'_>, snapshot: &Snapshot) -> Result<(), Refused> {
    match store::operations::holder(conn, &key(snapshot.id))? {
        None => Ok(()),
        Some(kind) => {
            let (id, now) = (snapshot.id, snapshot.status);
            let why = format!("Snapshot {id} is {now} while a {kind} of it has not ended.");
            Err(Refusal::InvalidSnapshot(why).into())
        }
    }
}

/// What a driver needs to know of a snapshot: its volume has the size that it had when the snapshot was taken.
pub(crate) fn driver_ref(snapshot: &Snapshot, volume: &Volume) -> SnapshotRef {
    SnapshotRef {
        id: snapshot.id,
        volume: VolumeRef { size_gib: snapshot.size_gib, ..volume::driver_ref(volume) },
        provider_location: snapshot.provider_location.clone(),
    }
}

/// Where a deletion that was given up leaves a snapshot: one that is in use, and was whole, still is.
pub(crate) fn after_failed_delete(snapshot: &Snapshot, busy: bool) -> SnapshotStatus {
    let whole = snapshot.progress_percent == 100;
    if busy && whole { SnapshotStatus::Available } else { SnapshotStatus::ErrorDeleting }
}

/// The snapshot of a running operation, and its volume.
pub(crate) async fn load(store: &Store, key: &str) -> Result<Option<(Snapshot, Volume)>, StoreError> {
    let Some(id) = of_key(key) else { return Ok(None) };
    store
        .read(move |conn| {
            let Some(snapshot) = store::snapshots::get(conn, id)? else { return Ok(None) };
            let volume = store::volumes::get(conn, snapshot.volume_id)?;
            Ok(volume.map(|volume| (snapshot, volume)))
        })
        .await
}
