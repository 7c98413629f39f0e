//! How a backup ends, well or not.

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{Backup, BackupStatus, SnapshotStatus, VolumeStatus};
use ports::DriverError;
use store::backups::Edit;
use store::operations::OperationRow;
use store::{Conn, StoreError};

use super::{Args, Subject};
use crate::backup::{keeper, thaw_snapshot};
use crate::messages::{self, About, Detail};
use crate::{Tools, failure, volume};

/// Removes the snapshot that was read from, and ends well.
pub(super) async fn release(
    tools: &Tools,
    operation: &OperationRow,
    subject: Subject,
    progress: &Progress,
) -> Step {
    let thawed = thaw(tools, &subject, progress).await;
    if let Err(error) = &thawed {
        match failure::insist(operation, &tools.settings, error) {
            Ok(step) => return step,
            // The backup is whole; the snapshot is removed with it.
            Err(why) => tracing::error!(operation = %operation.id, why, "a snapshot is left behind"),
        }
    }
    let Subject { backup, args, .. } = subject;
    let is_thawed = thawed.is_ok();
    Step::done(move |conn| {
        if is_thawed {
            forget_snapshot(conn, &backup)?;
        }
        go_back(conn, &backup, &args, VolumeStatus::BackingUp)?;
        store::backups::set_status_from(conn, backup.id, &[BackupStatus::Creating], BackupStatus::Available)?;
        Ok(())
    })
}

/// Removes everything that was made, and says why there is no backup.
pub(super) async fn clean_up(
    tools: &Tools,
    operation: &OperationRow,
    subject: Subject,
    progress: &Progress,
) -> Step {
    let thawed = thaw(tools, &subject, progress).await;
    let is_thawed = thawed.is_ok();
    let removed = remove_objects(tools, operation, &subject.backup, progress).await;
    if let Some(error) = thawed.err().or(removed.err()) {
        // What cannot be removed now is removed with the backup, whose row stays.
        match failure::insist(operation, &tools.settings, &error) {
            Ok(step) => return step,
            Err(why) => {
                tracing::error!(operation = %operation.id, why, "left behind until the backup is deleted");
            }
        }
    }
    let Subject { backup, args, .. } = subject;
    let why = args.failure.clone().unwrap_or_else(|| "the copy gave up".to_owned());
    let (operation, told) = (operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            if is_thawed {
                forget_snapshot(conn, &backup)?;
            }
            go_back(conn, &backup, &args, VolumeStatus::ErrorBackingUp)?;
            let reason = Edit { fail_reason: Some(Some(shorten(&told))), ..Edit::default() };
            store::backups::edit(conn, backup.id, &reason)?;
            store::backups::set_status_from(conn, backup.id, &[BackupStatus::Creating], BackupStatus::Error)?;
            messages::write(conn, &operation, About::Backup, Action::BackupCreate, &Detail::Backend(told))
        }),
    }
}

async fn thaw(tools: &Tools, subject: &Subject, progress: &Progress) -> Result<(), DriverError> {
    thaw_snapshot(tools, &subject.backup, &subject.volume, progress).await
}

fn forget_snapshot(conn: &Conn<'_>, backup: &Backup) -> Result<(), StoreError> {
    match backup.temp_snapshot_id {
        None => Ok(()),
        Some(_) => {
            let edit = Edit { temp_snapshot_id: Some(None), ..Edit::default() };
            store::backups::edit(conn, backup.id, &edit)
        }
    }
}

async fn remove_objects(
    tools: &Tools,
    operation: &OperationRow,
    backup: &Backup,
    progress: &Progress,
) -> Result<(), DriverError> {
    let (Some(keeper), Some(at)) = (tools.keeper.clone(), keeper::location(backup)) else { return Ok(()) };
    let removed = tools
        .effects
        .work(&operation.resource, progress, move |_| keeper.engine.remove(&at).map_err(DriverError::from));
    removed.await
}

/// The volume or snapshot goes back to what it was; whether the volume is used may have changed meanwhile.
fn go_back(conn: &Conn<'_>, backup: &Backup, args: &Args, outcome: VolumeStatus) -> Result<(), StoreError> {
    if let Some(before) = args.before {
        let id = backup.volume_id;
        let rested = volume::rested(conn, id, before)?;
        store::volumes::end_interim(conn, id, VolumeStatus::BackingUp, outcome, rested)?;
    }
    if let Some(snapshot) = backup.snapshot_id {
        let interim = [SnapshotStatus::BackingUp];
        store::snapshots::set_status_from(conn, snapshot, &interim, SnapshotStatus::Available)?;
    }
    Ok(())
}

/// A reason as long as a row may keep it.
fn shorten(why: &str) -> String {
    why.chars().take(model::limits::MAX_NAME_CHARS).collect()
}
