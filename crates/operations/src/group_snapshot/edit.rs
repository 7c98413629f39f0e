//! Setting the status of a group snapshot by hand.

use model::{GroupSnapshotId, GroupSnapshotStatus};

use crate::{Desk, Refused, Requester, group_snapshot};

/// Sets the status.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn reset_status(
    desk: &Desk,
    who: &Requester,
    id: GroupSnapshotId,
    status: GroupSnapshotStatus,
) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        group_snapshot::find(conn, &who, id)?;
        Ok(store::group_snapshots::set_status(conn, id, status)?)
    })
    .await
}
