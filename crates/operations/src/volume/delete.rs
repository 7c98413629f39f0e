//! Deleting a volume, with its snapshots when asked (cascade), whatever its status when forced.
//!
//! ```text
//! accept ──▶ [turn] ──▶ snapshots ──▶ remove ──▶ [key] ──▶ gone      (left: on another backend, before remove)
//!                          │            │           │ gives up
//!                          └────────────┴───────────┴──▶ error_deleting (in use: as it was)
//! ```

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{AttachStatus, Refusal, Snapshot, SnapshotStatus, Volume, VolumeId, VolumeStatus, status};
use ports::DriverError;
use serde::{Deserialize, Serialize};
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, StoreError};

use crate::failure::{unknown_phase, vanished};
use crate::messages::{self, About, Detail};
use crate::notice::{self, Subject};
use crate::volume::relocate;
use crate::{
    Backend, Desk, Refused, Requester, Settings, Tools, attachment, failure, keys, snapshot, template,
    volume, volume_queue,
};

pub(crate) const KIND: &str = "volume.delete";

/// Waiting until whoever holds the volume has given up.
const TURN: &str = "turn";
/// Removing its snapshots, one after the other.
const SNAPSHOTS: &str = "snapshots";
/// Removing what a move has left of it in another process.
const LEFT: &str = "left";
/// Removing the volume itself.
const REMOVE: &str = "remove";
/// Removing its key, without which nothing that is left of it can be read.
const KEY: &str = "key";

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Args {
    /// What the volume was before: what turns out to be in use goes back to it.
    before: VolumeStatus,
}

/// How to delete.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Its snapshots too.
    pub cascade: bool,
    /// Whatever its status.
    pub force: bool,
}

/// Accepts the deletion of a volume. It is `deleting`, or gone if it never was placed, when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: VolumeId, options: Options) -> Result<(), Refused> {
    let who = who.clone();
    let queue = desk.admit(move |conn, settings| admit(conn, settings, &who, id, options)).await?;
    if let Some(queue) = queue {
        desk.hints.give(&queue);
    }
    Ok(())
}

fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    id: VolumeId,
    options: Options,
) -> Result<Option<String>, Refused> {
    let volume = volume::find(conn, who, id)?;
    template::check_is_no_disk(conn, id, "delete that first")?;
    let snapshots = store::snapshots::of_volume(conn, id)?;
    if volume.host.is_some() {
        // A volume that never was placed has nothing that could be in the way.
        volume::check_not_frozen(conn, &volume)?;
        check(&volume, &snapshots, who, options)?;
    }
    begin(conn, settings, who, &volume, &snapshots)
}

/// Admits the deletion of a volume that may be deleted, with its snapshots, after whoever holds it. Answers with the
/// queue in which it waits; none when the volume, which never was placed, is gone.
pub(crate) fn begin(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    volume: &Volume,
    snapshots: &[Snapshot],
) -> Result<Option<String>, Refused> {
    let id = volume.id;
    let holder = operations::holder(conn, &volume::key(id))?;
    let keyed = keys::may_have_one(conn, volume)?;
    if volume.host.is_none() && holder.is_none() && !keyed {
        notice::tell(conn, settings, who, &Subject::Volume(id), "delete.end")?;
        store::volumes::remove(conn, id)?;
        return Ok(None);
    }
    let interim = match volume.status {
        VolumeStatus::ErrorManaging => VolumeStatus::ErrorManagingDeleting,
        _ => status::DELETE.interim,
    };
    store::volumes::set_status(conn, id, interim)?;
    operations::give_up_holder(conn, &attachment::key(id))?;
    for snapshot in snapshots {
        let edit = store::snapshots::Edit { status: Some(SnapshotStatus::Deleting), ..Default::default() };
        store::snapshots::edit(conn, snapshot.id, &edit)?;
        operations::give_up_holder(conn, &snapshot::key(snapshot.id))?;
    }
    let queue = volume_queue(volume::backend(volume).unwrap_or_default());
    let mut new = NewOperation {
        args: serde_json::to_string(&Args { before: volume.status }).unwrap_or_default(),
        ..who.operation(KIND, volume::key(id), queue.clone(), SNAPSHOTS)
    };
    if volume.host.is_none() {
        new.queue = crate::SCHEDULER_QUEUE.to_owned();
    }
    if holder.is_some() {
        // Forced in the middle of something: that something is given up, and this waits for its end.
        new.phase = TURN;
        operations::admit_after(conn, &new)?;
    } else {
        if volume.host.is_none() {
            new.phase = KEY;
        }
        operations::admit(conn, &new)?;
    }
    Ok(Some(new.queue))
}

pub(super) fn check(
    volume: &Volume,
    snapshots: &[Snapshot],
    who: &Requester,
    options: Options,
) -> Result<(), Refused> {
    let deletable = |snapshot: &Snapshot| {
        let done = matches!(snapshot.status, SnapshotStatus::Available | SnapshotStatus::Error);
        snapshot.group_snapshot_id.is_none() && (options.force || (done && who.sees(&snapshot.project_id)))
    };
    let good = (options.force || status::DELETE.allows(volume.status))
        && volume.attach_status != AttachStatus::Attached
        && !volume.is_migrating()
        && volume.group_id.is_none()
        && (snapshots.is_empty() || (options.cascade && snapshots.iter().all(deletable)));
    if good {
        return Ok(());
    }
    let clause = if options.force {
        ""
    } else {
        "status must be available or error or error_restoring or error_extending or error_managing and"
    };
    let why = format!(
        "Volume {clause} must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or \
         be disassociated from snapshots after volume transfer."
    );
    Err(Refusal::InvalidVolume(why).into())
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    if operation.phase == TURN {
        return turn(tools, operation).await;
    }
    let loaded = match load(tools, operation).await {
        Ok(loaded) => loaded,
        Err(error) => return failure::store_failed(&error),
    };
    let Some((volume, snapshots)) = loaded else { return vanished() };
    if operation.phase == KEY {
        return key(tools, operation, &volume).await;
    }
    if operation.phase == LEFT {
        return remove_left(tools, operation, &volume, progress).await;
    }
    let Some(backend) = volume::backend(&volume).and_then(|host| tools.backends.get(host)) else {
        return failed(operation, &volume, "its backend is not one of this process".to_owned(), false);
    };
    match operation.phase.as_str() {
        SNAPSHOTS => match snapshots.first() {
            Some(next) => remove_snapshot(tools, operation, backend, &volume, next, progress).await,
            None => Step::phase(REMOVE),
        },
        // They came while an administrator had called the volume available in the middle of its deletion.
        REMOVE if !snapshots.is_empty() => {
            failed(operation, &volume, "it has got snapshots meanwhile".to_owned(), false)
        }
        REMOVE if is_not_ours(operation) => {
            let id = volume.id;
            Step::done(move |conn| store::volumes::remove(conn, id))
        }
        REMOVE => remove(tools, operation, backend, &volume, progress).await,
        _ => unknown_phase(operation),
    }
}

/// Removes what a move has left of the volume, whose own backend is in another process, and goes back there.
async fn remove_left(tools: &Tools, operation: &OperationRow, volume: &Volume, progress: &Progress) -> Step {
    if let Err(error) = relocate::remove_copy(tools, &operation.resource, volume, progress).await {
        return left_stays(tools, operation, volume, &error);
    }
    let (id, home) = (volume.id, volume::backend(volume).unwrap_or_default());
    Step::Advance {
        next: Next::Hand { queue: volume_queue(home), phase: REMOVE },
        args: None,
        change: Box::new(move |conn| store::copies::remove(conn, id)),
    }
}

fn left_stays(tools: &Tools, operation: &OperationRow, volume: &Volume, error: &DriverError) -> Step {
    let why = |why| format!("what a move has left of it: {why}");
    failure::again(operation, &tools.settings, error)
        .unwrap_or_else(|told| failed(operation, volume, why(told), is_busy(error)))
}

/// Whether what there may be on the backend never became the volume's own: it was to be taken over.
fn is_not_ours(operation: &OperationRow) -> bool {
    let before = serde_json::from_str(&operation.args).ok().map(|args: Args| args.before);
    matches!(before, Some(VolumeStatus::Managing | VolumeStatus::ErrorManaging))
}

/// The volume and the snapshots that go with it.
async fn load(
    tools: &Tools,
    operation: &OperationRow,
) -> Result<Option<(Volume, Vec<Snapshot>)>, StoreError> {
    let Some(id) = volume::of_key(&operation.resource) else { return Ok(None) };
    tools
        .store
        .read(move |conn| {
            let Some(volume) = store::volumes::get(conn, id)? else { return Ok(None) };
            Ok(Some((volume, store::snapshots::of_volume(conn, id)?)))
        })
        .await
}

async fn turn(tools: &Tools, operation: &OperationRow) -> Step {
    let Some(id) = volume::of_key(&operation.resource) else { return vanished() };
    failure::turn(&tools.store, operation, move |conn| {
        let Some(volume) = store::volumes::get(conn, id)? else { return Ok((Next::Done, None)) };
        store::volumes::set_status(conn, id, VolumeStatus::Deleting)?;
        match volume::backend(&volume) {
            Some(backend) => Ok((Next::Hand { queue: volume_queue(backend), phase: SNAPSHOTS }, None)),
            None => gone(conn, &volume),
        }
    })
    .await
}

async fn remove_snapshot(
    tools: &Tools,
    operation: &OperationRow,
    backend: &Backend,
    volume: &Volume,
    next: &Snapshot,
    progress: &Progress,
) -> Step {
    let key = snapshot::key(next.id);
    if failure::is_held(&tools.store, &key).await {
        return failure::wait_for(operation, "an operation on one of its snapshots to give up");
    }
    if failure::is_read(&tools.store, key.clone()).await {
        return failure::wait_for(operation, "a volume that is being made from one of its snapshots");
    }
    let (id, unwanted) = (next.id, snapshot::driver_ref(next, volume));
    let removed = tools
        .effects
        .run(&key, backend, progress, move |driver, work| driver.remove_snapshot(work, &unwanted));
    match removed.await {
        Ok(()) => Step::Advance {
            next: Next::Phase(SNAPSHOTS),
            args: None,
            change: Box::new(move |conn| store::snapshots::remove(conn, id)),
        },
        Err(error) => failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| {
            failed(operation, volume, format!("snapshot {id}: {why}"), is_busy(&error))
        }),
    }
}

async fn remove(
    tools: &Tools,
    operation: &OperationRow,
    backend: &Backend,
    volume: &Volume,
    progress: &Progress,
) -> Step {
    if failure::is_read(&tools.store, volume::key(volume.id)).await {
        return failure::wait_for(operation, "a copy that is being made of it");
    }
    if failure::is_held(&tools.store, &attachment::key(volume.id)).await {
        return failure::wait_for(operation, "what is done to an attachment of it");
    }
    match relocate::copy_elsewhere(tools, volume.id).await {
        Ok(None) => {}
        Ok(Some(queue)) => {
            let next = Next::Hand { queue, phase: LEFT };
            return Step::Advance { next, args: None, change: Box::new(|_| Ok(())) };
        }
        Err(error) => return failure::store_failed(&error),
    }
    if let Err(error) = relocate::remove_copy(tools, &operation.resource, volume, progress).await {
        return left_stays(tools, operation, volume, &error);
    }
    let (id, unwanted) = (volume.id, volume::driver_ref(volume));
    let removed = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        driver.disconnect(work, &unwanted, None)?;
        driver.remove_volume(work, &unwanted)
    });
    match removed.await {
        Ok(()) => {
            tools.has_more_room(&backend.host);
            Step::Decide(Box::new(move |conn| {
                if !store::snapshots::of_volume(conn, id)?.is_empty() {
                    return Ok((Next::Phase(REMOVE), None));
                }
                match store::volumes::get(conn, id)? {
                    Some(volume) => gone(conn, &volume),
                    None => Ok((Next::Done, None)),
                }
            }))
        }
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| failed(operation, volume, why, is_busy(&error))),
    }
}

/// The data of the volume are gone, or never were: it goes too, once its key has.
fn gone(conn: &Conn<'_>, volume: &Volume) -> Result<(Next, Option<String>), StoreError> {
    if keys::may_have_one(conn, volume)? {
        return Ok((Next::Phase(KEY), None));
    }
    store::volumes::remove(conn, volume.id)?;
    Ok((Next::Done, None))
}

async fn key(tools: &Tools, operation: &OperationRow, volume: &Volume) -> Step {
    let Some(manager) = &tools.keys else {
        return failed(operation, volume, keys::NO_MANAGER.to_owned(), false);
    };
    let (id, noted) = (volume.id, volume.encryption_key_id);
    let names = [keys::name_of(volume.id), keys::name_of(volume.name_on_backend())];
    let removed = tools.effects.ask_for_keys(&operation.resource, manager, move |keys| {
        noted.map_or(Ok(()), |key| keys.remove(key))?;
        // One may have been made and not noted.
        names.iter().try_for_each(|name| keys.remove_named(name))
    });
    match removed.await {
        Ok(()) => Step::Decide(Box::new(move |conn| {
            if !store::snapshots::of_volume(conn, id)?.is_empty() {
                return Ok((Next::Phase(REMOVE), None));
            }
            store::volumes::remove(conn, id)?;
            Ok((Next::Done, None))
        })),
        Err(error) => failure::again_after(operation, &tools.settings, error.to_string(), error.may_pass())
            .unwrap_or_else(|why| failed(operation, volume, why, false)),
    }
}

fn is_busy(error: &DriverError) -> bool {
    matches!(error, DriverError::Busy { .. })
}

/// Gives the deletion up: what is in use goes back to what it was, everything else to `error_deleting`.
fn failed(operation: &OperationRow, volume: &Volume, why: String, busy: bool) -> Step {
    let before = serde_json::from_str(&operation.args).ok().map(|args: Args| args.before);
    let rested = before.filter(|before| busy && volume.launched_at.is_some() && !before.is_transitional());
    let status = rested.unwrap_or(VolumeStatus::ErrorDeleting);
    let (id, operation, told) = (volume.id, operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            let interim = [VolumeStatus::Deleting, VolumeStatus::ErrorManagingDeleting];
            let rested = volume::rested(conn, id, status)?;
            store::volumes::set_status_from(conn, id, &interim, rested)?;
            for left in store::snapshots::of_volume(conn, id)? {
                let status = snapshot::after_failed_delete(&left, busy);
                store::snapshots::set_status_from(conn, left.id, &[SnapshotStatus::Deleting], status)?;
            }
            messages::write(conn, &operation, About::Volume, Action::VolumeDelete, &Detail::Backend(told))
        }),
    }
}
