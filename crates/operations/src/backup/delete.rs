//! Deleting a backup, whatever its status when forced.
//!
//! ```text
//! accept ──▶ [turn] ──▶ remove ──▶ [key] ──▶ gone
//!                         │           │ gives up
//!                         └───────────┴──▶ error_deleting
//! ```

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{Backup, BackupId, BackupStatus, Volume};
use ports::{DriverError, Work};
use store::backups::Edit;
use store::operations::{self, OperationRow};
use store::{Conn, StoreError};

use super::{invalid, keeper, queue_for};
use crate::failure::{unknown_phase, vanished};
use crate::messages::{self, About, Detail};
use crate::{Desk, Refused, Requester, Settings, Tools, backup, failure, keys};

pub(crate) const KIND: &str = "backup.delete";

/// Waiting until whoever holds the backup has given up.
const TURN: &str = "turn";
/// Removing its objects.
const REMOVE: &str = "remove";
/// Removing its key.
const KEY: &str = "key";

/// Accepts the deletion of a backup. It is `deleting` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: BackupId, force: bool) -> Result<(), Refused> {
    let who = who.clone();
    let queue = desk.admit(move |conn, settings| admit(conn, settings, &who, id, force)).await?;
    desk.hints.give(&queue);
    Ok(())
}

/// Admits it, in the transaction of `conn`; answers with the queue to hint at.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub(crate) fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    id: BackupId,
    force: bool,
) -> Result<String, Refused> {
    let found = backup::find(conn, who, id)?;
    if !force && !matches!(found.status, BackupStatus::Available | BackupStatus::Error) {
        return invalid("Backup status must be available or error");
    }
    if found.dependents > 0 {
        return invalid("Incremental backups exist for this backup.");
    }
    let edit = Edit { status: Some(BackupStatus::Deleting), ..Edit::default() };
    store::backups::edit(conn, id, &edit)?;
    // The snapshot that its making has left is removed by a process of the volume's backend.
    let frozen = found.temp_snapshot_id.map(|_| store::volumes::get(conn, found.volume_id));
    let volume = frozen.transpose()?.flatten();
    let queue = queue_for(conn, settings, &found.host, volume.as_ref())?;
    let new = who.operation(KIND, backup::key(id), queue.clone(), REMOVE);
    operations::admit_or_after(conn, new, TURN)?;
    Ok(queue)
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    match operation.phase.as_str() {
        TURN => turn(tools, operation).await,
        REMOVE => remove(tools, operation, progress).await,
        KEY => key(tools, operation).await,
        _ => unknown_phase(operation),
    }
}

async fn turn(tools: &Tools, operation: &OperationRow) -> Step {
    let Some(id) = backup::of_key(&operation.resource) else { return vanished() };
    failure::turn(&tools.store, operation, move |conn| {
        let edit = Edit { status: Some(BackupStatus::Deleting), ..Edit::default() };
        store::backups::edit(conn, id, &edit)?;
        Ok((Next::Phase(REMOVE), None))
    })
    .await
}

async fn remove(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let found = match backup::load(&tools.store, &operation.resource).await {
        Ok(Some(found)) => found,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    if failure::is_read(&tools.store, operation.resource.clone()).await {
        return failure::wait_for(operation, "a restore or a verification of it");
    }
    let Some(at) = keeper::location(&found) else {
        // It never came so far as to have a place.
        return gone(&found);
    };
    let Some(keeper) = tools.keeper.clone() else {
        return failed(operation, &found, "this process keeps no backups".to_owned());
    };
    if !keeper.knows(found.service.as_deref()) {
        let (theirs, ours) = (found.service.clone().unwrap_or_default(), keeper.service());
        return failed(operation, &found, format!("it lies in a store of {theirs}, and this one is {ours}"));
    }
    let shared = match others(tools, &found).await {
        Ok(others) => others > 0,
        Err(error) => return failure::store_failed(&error),
    };
    let volume = match frozen_volume(tools, &found).await {
        Ok(volume) => volume,
        Err(error) => return failure::store_failed(&error),
    };
    let thawed = match &volume {
        Some(volume) => super::thaw_snapshot(tools, &found, volume, progress).await,
        None => Ok(()),
    };
    let removed = match thawed {
        Ok(()) if shared => return leave_objects(found),
        Ok(()) => {
            let remove = move |_: &Work| keeper.engine.remove(&at).map_err(DriverError::from);
            tools.effects.work(&operation.resource, progress, remove).await
        }
        failed => failed,
    };
    match removed {
        Ok(()) => gone(&found),
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| failed(operation, &found, why)),
    }
}

/// Its objects are gone, or never were: it goes too, once its key has.
fn gone(found: &Backup) -> Step {
    let id = found.id;
    match found.encryption_key_id {
        Some(_) => Step::phase(KEY),
        None => Step::done(move |conn| store::backups::remove(conn, id)),
    }
}

/// Removes the key by its name alone: until it is made, the row has that of the volume.
async fn key(tools: &Tools, operation: &OperationRow) -> Step {
    let found = match backup::load(&tools.store, &operation.resource).await {
        Ok(Some(found)) => found,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    let Some(manager) = &tools.keys else { return failed(operation, &found, keys::NO_MANAGER.to_owned()) };
    let (id, name) = (found.id, keys::name_of_backup(found.id));
    let ask = move |keys: &dyn ports::KeyManager| keys.remove_named(&name);
    match tools.effects.ask_for_keys(&operation.resource, manager, ask).await {
        Ok(()) => Step::done(move |conn| store::backups::remove(conn, id)),
        Err(error) => failure::again_after(operation, &tools.settings, error.to_string(), error.may_pass())
            .unwrap_or_else(|why| failed(operation, &found, why)),
    }
}

/// How many other backups have the same objects.
async fn others(tools: &Tools, found: &Backup) -> Result<usize, StoreError> {
    let found = found.clone();
    tools.store.read(move |conn| Ok(store::backups::at_same_place(conn, &found)?.len())).await
}

/// Forgets a backup whose objects are another's too; the last one that has them removes them.
fn leave_objects(found: Backup) -> Step {
    Step::Decide(Box::new(move |conn| {
        if store::backups::at_same_place(conn, &found)?.is_empty() {
            return Ok((Next::Phase(REMOVE), None));
        }
        if found.encryption_key_id.is_some() {
            return Ok((Next::Phase(KEY), None));
        }
        store::backups::remove(conn, found.id)?;
        Ok((Next::Done, None))
    }))
}

/// The volume on whose backend its making has left a snapshot, if it has. A snapshot goes with its volume.
async fn frozen_volume(tools: &Tools, found: &Backup) -> Result<Option<Volume>, StoreError> {
    let volume_id = found.volume_id;
    match found.temp_snapshot_id {
        Some(_) => tools.store.read(move |conn| store::volumes::get(conn, volume_id)).await,
        None => Ok(None),
    }
}

fn failed(operation: &OperationRow, found: &Backup, why: String) -> Step {
    let (id, operation, told) = (found.id, operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            let reason: String = told.chars().take(model::limits::MAX_NAME_CHARS).collect();
            let edit = Edit { fail_reason: Some(Some(reason)), ..Edit::default() };
            store::backups::edit(conn, id, &edit)?;
            let from = [BackupStatus::Deleting];
            store::backups::set_status_from(conn, id, &from, BackupStatus::ErrorDeleting)?;
            messages::write(conn, &operation, About::Backup, Action::BackupDelete, &Detail::Backend(told))
        }),
    }
}
