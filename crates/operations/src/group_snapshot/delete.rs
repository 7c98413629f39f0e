//! Deleting a snapshot of a group with all of its parts.
//!
//! ```text
//! accept ──▶ [turn] ──▶ remove (part by part) ──▶ gone
//!                          │ gives up
//!                          ▼
//!                        error
//! ```

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{
    Group, GroupSnapshot, GroupSnapshotId, GroupSnapshotStatus, Refusal, Snapshot, SnapshotStatus, Volume,
};
use ports::DriverError;
use store::operations::{self, OperationRow};
use store::{Conn, StoreError};

use super::load;
use crate::failure::{unknown_phase, vanished};
use crate::group::Door;
use crate::messages::{self, About, Detail};
use crate::{
    Desk, Refused, Requester, SCHEDULER_QUEUE, Tools, failure, group, group_snapshot, snapshot, volume,
    volume_queue,
};

pub(crate) const KIND: &str = "group_snapshot.delete";

/// Waiting until whoever holds the snapshot has given up.
const TURN: &str = "turn";
/// Removing one part after the other.
const REMOVE: &str = "remove";

/// Accepts the deletion of a group snapshot. It and its parts are `deleting` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, door: Door, id: GroupSnapshotId) -> Result<(), Refused> {
    let who = who.clone();
    let queue = desk.admit(move |conn, _| admit(conn, &who, door, id)).await?;
    desk.hints.give(&queue);
    Ok(())
}

fn admit(conn: &Conn<'_>, who: &Requester, door: Door, id: GroupSnapshotId) -> Result<String, Refused> {
    let snapshot = group_snapshot::find(conn, who, id)?;
    door.check(conn, snapshot.group_type_id)?;
    let group = store::groups::get(conn, snapshot.group_id)?;
    let backend = home(conn, &snapshot, group.as_ref())?;
    backend.as_deref().map_or(Ok(()), |host| volume::check_backend_not_frozen(conn, host))?;
    let deletable = matches!(snapshot.status, GroupSnapshotStatus::Available | GroupSnapshotStatus::Error);
    if !deletable || store::groups::any_creating_from_snapshot(conn, id)? {
        let why = "GroupSnapshot status must be available or error, and no Group can be currently using it as source \
                   for its creation.";
        return Err(Refusal::InvalidGroupSnapshot(why.to_owned()).into());
    }
    set_deleting(conn, id)?;
    let queue = backend.map_or_else(|| SCHEDULER_QUEUE.to_owned(), |host| volume_queue(&host));
    let new = who.operation(KIND, group_snapshot::key(id), queue.clone(), REMOVE);
    operations::admit_or_after(conn, new, TURN)?;
    Ok(queue)
}

/// The backend on which the parts are, if there are any.
fn home(
    conn: &Conn<'_>,
    snapshot: &GroupSnapshot,
    group: Option<&Group>,
) -> Result<Option<String>, StoreError> {
    for part in store::group_snapshots::parts(conn, snapshot.id)? {
        let volume = store::volumes::get(conn, part.volume_id)?;
        if let Some(host) = volume.as_ref().and_then(volume::backend) {
            return Ok(Some(host.to_owned()));
        }
    }
    Ok(group.and_then(group::backend).map(str::to_owned))
}

fn set_deleting(conn: &Conn<'_>, id: GroupSnapshotId) -> Result<(), StoreError> {
    store::group_snapshots::set_status(conn, id, GroupSnapshotStatus::Deleting)?;
    let edit = store::snapshots::Edit { status: Some(SnapshotStatus::Deleting), ..Default::default() };
    let parts = store::group_snapshots::parts(conn, id)?;
    parts.iter().try_for_each(|part| store::snapshots::edit(conn, part.id, &edit))
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    match operation.phase.as_str() {
        TURN => turn(tools, operation).await,
        REMOVE => remove(tools, operation, progress).await,
        _ => unknown_phase(operation),
    }
}

async fn turn(tools: &Tools, operation: &OperationRow) -> Step {
    let Some(id) = group_snapshot::of_key(&operation.resource) else { return vanished() };
    failure::turn(&tools.store, operation, move |conn| {
        set_deleting(conn, id)?;
        Ok((Next::Phase(REMOVE), None))
    })
    .await
}

async fn remove(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let whole = match load(&tools.store, &operation.resource).await {
        Ok(Some(whole)) => whole,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    let id = whole.snapshot.id;
    match whole.parts.first() {
        None => Step::Decide(Box::new(move |conn| {
            if !store::group_snapshots::parts(conn, id)?.is_empty() {
                return Ok((Next::Phase(REMOVE), None));
            }
            store::group_snapshots::remove(conn, id)?;
            Ok((Next::Done, None))
        })),
        Some((part, Some(volume))) => remove_part(tools, operation, id, (part, volume), progress).await,
        // Its volume is gone, and everything of it with it.
        Some((part, None)) => removed(part),
    }
}

async fn remove_part(
    tools: &Tools,
    operation: &OperationRow,
    id: GroupSnapshotId,
    (part, volume): (&Snapshot, &Volume),
    progress: &Progress,
) -> Step {
    let Some(backend) = volume::backend(volume).and_then(|host| tools.backends.get(host)) else {
        return failed(operation, id, "its backend is not one of this process".to_owned(), false);
    };
    let key = snapshot::key(part.id);
    if failure::is_held(&tools.store, &key).await || failure::is_read(&tools.store, key.clone()).await {
        return failure::wait_for(operation, "an operation on one of its snapshots");
    }
    let unwanted = snapshot::driver_ref(part, volume);
    let gone = tools
        .effects
        .run(&key, backend, progress, move |driver, work| driver.remove_snapshot(work, &unwanted));
    match gone.await {
        Ok(()) => {
            tools.has_more_room(&backend.host);
            removed(part)
        }
        Err(error) => {
            let busy = matches!(error, DriverError::Busy { .. });
            failure::again(operation, &tools.settings, &error)
                .unwrap_or_else(|why| failed(operation, id, format!("snapshot {}: {why}", part.id), busy))
        }
    }
}

fn removed(part: &Snapshot) -> Step {
    let id = part.id;
    Step::Advance {
        next: Next::Phase(REMOVE),
        args: None,
        change: Box::new(move |conn| store::snapshots::remove(conn, id)),
    }
}

fn failed(operation: &OperationRow, id: GroupSnapshotId, why: String, busy: bool) -> Step {
    let (operation, told) = (operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            for left in store::group_snapshots::parts(conn, id)? {
                let status = snapshot::after_failed_delete(&left, busy);
                store::snapshots::set_status_from(conn, left.id, &[SnapshotStatus::Deleting], status)?;
            }
            let from = [GroupSnapshotStatus::Deleting];
            store::group_snapshots::set_status_from(conn, id, &from, GroupSnapshotStatus::Error)?;
            let detail = Detail::Backend(told);
            messages::write(conn, &operation, About::GroupSnapshot, Action::SnapshotDelete, &detail)
        }),
    }
}
