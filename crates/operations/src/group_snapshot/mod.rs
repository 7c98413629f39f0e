//! What can be done to a snapshot of a whole group.
//!
//! Its parts are snapshots of the volumes of the group, taken and removed by one operation. No other operation touches
//! them while they are parts.

pub mod create;
pub mod delete;
pub mod edit;

use model::refusal::Noun;
use model::{GroupSnapshot, GroupSnapshotId, Refusal, Snapshot, Volume};
use store::{Conn, Store, StoreError};

use crate::{Refused, Requester};

/// The ledger's key of a group snapshot.
pub(crate) fn key(id: GroupSnapshotId) -> String {
    format!("group_snapshot/{id}")
}

/// The group snapshot that the ledger's key names.
pub(crate) fn of_key(key: &str) -> Option<GroupSnapshotId> {
    key.strip_prefix("group_snapshot/")?.parse().ok()
}

/// The group snapshot that a request is about: there, visible, and not forbidden.
///
/// # Errors
/// A refusal that says why; or the store's own failure.
pub fn find(conn: &Conn<'_>, who: &Requester, id: GroupSnapshotId) -> Result<GroupSnapshot, Refused> {
    let found = store::group_snapshots::get(conn, id)?.filter(|it| who.sees(&it.project_id));
    let snapshot = found.ok_or_else(|| Refusal::not_found(Noun::GroupSnapshot, id))?;
    (who.may)(&snapshot.project_id, &snapshot.user_id)?;
    Ok(snapshot)
}

/// A group snapshot, and its parts with their volumes. A part whose volume is gone has none.
struct Whole {
    snapshot: GroupSnapshot,
    parts: Vec<(Snapshot, Option<Volume>)>,
}

/// The group snapshot of a running operation.
async fn load(store: &Store, key: &str) -> Result<Option<Whole>, StoreError> {
    let Some(id) = of_key(key) else { return Ok(None) };
    store
        .read(move |conn| {
            let Some(snapshot) = store::group_snapshots::get(conn, id)? else { return Ok(None) };
            let mut parts = Vec::new();
            for part in store::group_snapshots::parts(conn, id)? {
                let volume = store::volumes::get(conn, part.volume_id)?;
                parts.push((part, volume));
            }
            Ok(Some(Whole { snapshot, parts }))
        })
        .await
}
