//! Changes of a snapshot's row that touch no storage: done when the request returns.

use model::{Metadata, Refusal, Snapshot, SnapshotId, SnapshotStatus};
use store::snapshots::Edit;

use crate::notice::{self, Subject};
use crate::volume::edit::Merge;
use crate::{Desk, Refused, Requester, snapshot};

/// Changes name or description.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn update(desk: &Desk, who: &Requester, id: SnapshotId, edit: Edit) -> Result<Snapshot, Refused> {
    change(desk, who, id, move |_| Ok(edit)).await
}

/// Sets pairs of metadata; answers with all of them.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn set_metadata(
    desk: &Desk,
    who: &Requester,
    id: SnapshotId,
    new: Metadata,
    merge: Merge,
) -> Result<Metadata, Refused> {
    let changed = change(desk, who, id, move |snapshot| {
        let metadata = merge.apply(snapshot.metadata.clone(), new)?;
        Ok(Edit { metadata: Some(metadata), ..Edit::default() })
    });
    Ok(changed.await?.metadata)
}

/// Removes one pair; the refusal `missing` when there is none.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn remove_metadata(
    desk: &Desk,
    who: &Requester,
    id: SnapshotId,
    key: String,
    missing: Refusal,
) -> Result<(), Refused> {
    let changed = change(desk, who, id, move |snapshot| {
        let mut metadata = snapshot.metadata.clone();
        metadata.0.remove(&key).ok_or(missing)?;
        Ok(Edit { metadata: Some(metadata), ..Edit::default() })
    });
    changed.await.map(|_| ())
}

/// Sets the status by hand.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn reset_status(
    desk: &Desk,
    who: &Requester,
    id: SnapshotId,
    status: SnapshotStatus,
) -> Result<(), Refused> {
    let edit = Edit { status: Some(status), ..Edit::default() };
    change(desk, who, id, move |_| Ok(edit)).await.map(|_| ())
}

/// Reports the progress of a snapshot that a compute service takes (`os-update_snapshot_status`); `status` may be any
/// word.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn report_status(
    desk: &Desk,
    who: &Requester,
    id: SnapshotId,
    status: String,
    progress_percent: Option<u8>,
) -> Result<(), Refused> {
    let changed = change(desk, who, id, move |snapshot| {
        use SnapshotStatus::{Available, Creating, Deleting, Error, ErrorDeleting};
        let allowed: &[SnapshotStatus] = match snapshot.status {
            Creating => &[Creating, Available, Error],
            Deleting => &[Deleting, ErrorDeleting],
            now => {
                let why = format!("Snapshot status {now} not allowed for update_snapshot_status");
                return Err(Refusal::BadRequest(why).into());
            }
        };
        let reported = allowed.iter().find(|allowed| allowed.as_str() == status).ok_or_else(|| {
            let now = snapshot.status;
            let why =
                format!("Provided snapshot status {status} not allowed for snapshot with status {now}.");
            Refusal::BadRequest(why)
        })?;
        Ok(Edit { status: Some(*reported), progress_percent, ..Edit::default() })
    });
    changed.await.map(|_| ())
}

/// Changes the row as `decide` says and answers with it as it is afterwards.
async fn change(
    desk: &Desk,
    who: &Requester,
    id: SnapshotId,
    decide: impl FnOnce(&Snapshot) -> Result<Edit, Refused> + Clone + Send + 'static,
) -> Result<Snapshot, Refused> {
    let who = who.clone();
    desk.admit(move |conn, settings| {
        let edit = decide(&snapshot::find(conn, &who, id)?)?;
        let tell = |what| notice::tell(conn, settings, &who, &Subject::Snapshot(id), what);
        tell("update.start")?;
        store::snapshots::edit(conn, id, &edit)?;
        tell("update.end")?;
        snapshot::find(conn, &who, id)
    })
    .await
}
