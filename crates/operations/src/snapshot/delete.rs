//! Deleting a snapshot.

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{Refusal, Snapshot, SnapshotId, SnapshotStatus};
use ports::DriverError;
use store::Conn;
use store::operations::{self, OperationRow};

use crate::failure::{unknown_phase, vanished};
use crate::messages::{self, About, Detail};
use crate::{Desk, Refused, Requester, Tools, failure, snapshot, volume, volume_queue};

pub(crate) const KIND: &str = "snapshot.delete";

/// Waiting until whoever holds the snapshot has given up.
const TURN: &str = "turn";
/// Removing it.
const REMOVE: &str = "remove";

/// Accepts the deletion of a snapshot, whatever its status when forced. It is `deleting` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: SnapshotId, force: bool) -> Result<(), Refused> {
    let who = who.clone();
    let queue = desk.admit(move |conn, _| admit(conn, &who, id, force)).await?;
    desk.hints.give(&queue);
    Ok(())
}

fn admit(conn: &Conn<'_>, who: &Requester, id: SnapshotId, force: bool) -> Result<String, Refused> {
    let snapshot = snapshot::find(conn, who, id)?;
    check(&snapshot, force)?;
    let origin = store::volumes::get(conn, snapshot.volume_id)?;
    if let Some(origin) = &origin {
        volume::check_not_frozen(conn, origin)?;
    }
    let edit = store::snapshots::Edit { status: Some(SnapshotStatus::Deleting), ..Default::default() };
    store::snapshots::edit(conn, id, &edit)?;
    let queue = volume_queue(origin.as_ref().and_then(volume::backend).unwrap_or_default());
    let new = who.operation(KIND, snapshot::key(id), queue.clone(), REMOVE);
    operations::admit_or_after(conn, new, TURN)?;
    Ok(queue)
}

/// Whether a snapshot may go.
pub(super) fn check(snapshot: &Snapshot, force: bool) -> Result<(), Refused> {
    let deletable = matches!(snapshot.status, SnapshotStatus::Available | SnapshotStatus::Error);
    if (!force && !deletable) || snapshot.group_snapshot_id.is_some() {
        let clause = if force { "" } else { "status must be available or error and" };
        let why = format!("Snapshot {clause} must not be part of a group.");
        return Err(Refusal::InvalidSnapshot(why).into());
    }
    Ok(())
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    match operation.phase.as_str() {
        TURN => turn(tools, operation).await,
        REMOVE => remove(tools, operation, progress).await,
        _ => unknown_phase(operation),
    }
}

async fn turn(tools: &Tools, operation: &OperationRow) -> Step {
    let Some(id) = snapshot::of_key(&operation.resource) else { return vanished() };
    failure::turn(&tools.store, operation, move |conn| {
        let edit = store::snapshots::Edit { status: Some(SnapshotStatus::Deleting), ..Default::default() };
        store::snapshots::edit(conn, id, &edit)?;
        Ok((Next::Phase(REMOVE), None))
    })
    .await
}

async fn remove(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let (snapshot, volume) = match snapshot::load(&tools.store, &operation.resource).await {
        Ok(Some(loaded)) => loaded,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    let Some(backend) = volume::backend(&volume).and_then(|host| tools.backends.get(host)) else {
        return failed(operation, &snapshot, "its backend is not one of this process".to_owned(), false);
    };
    if failure::is_read(&tools.store, operation.resource.clone()).await {
        return failure::wait_for(operation, "a volume that is being made from it");
    }
    let (id, unwanted) = (snapshot.id, snapshot::driver_ref(&snapshot, &volume));
    let removed = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        driver.remove_snapshot(work, &unwanted)
    });
    match removed.await {
        Ok(()) => {
            tools.has_more_room(&backend.host);
            Step::done(move |conn| store::snapshots::remove(conn, id))
        }
        Err(error) => {
            let busy = matches!(error, DriverError::Busy { .. });
            failure::again(operation, &tools.settings, &error)
                .unwrap_or_else(|why| failed(operation, &snapshot, why, busy))
        }
    }
}

fn failed(operation: &OperationRow, snapshot: &Snapshot, why: String, busy: bool) -> Step {
    let status = snapshot::after_failed_delete(snapshot, busy);
    let (id, operation, told) = (snapshot.id, operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            store::snapshots::set_status_from(conn, id, &[SnapshotStatus::Deleting], status)?;
            messages::write(conn, &operation, About::Snapshot, Action::SnapshotDelete, &Detail::Backend(told))
        }),
    }
}
