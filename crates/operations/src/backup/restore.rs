//! Restoring a backup, over a volume that is there or to a new one.
//!
//! ```text
//! over a volume:  accept ──▶ write ──▶ available
//!                              │ gives up
//!                              └──▶ error
//! ```
//!
//! A new volume is created like any other ([`crate::volume::create`]), with the backup as its source.

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{Backup, BackupId, BackupStatus, Refusal, Volume, VolumeId, VolumeStatus};
use serde::{Deserialize, Serialize};
use store::Conn;
use store::operations::{self, NewOperation, OperationRow};

use super::filling::{Written, begin, end, write};
use super::{invalid, queue_for};
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::messages::{self, About, Detail};
use crate::{Desk, Refused, Requester, SCHEDULER_QUEUE, Settings, Tools, backup, failure, volume};

pub(crate) const KIND: &str = "backup.restore";

/// Writing the volume.
const WRITE: &str = "write";

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Args {
    backup_id: BackupId,
}

/// Where to restore to.
#[derive(Debug, Clone)]
pub enum Target {
    /// A volume that is there, whose content is lost.
    Volume(VolumeId),
    /// A new one of this name.
    New(Option<String>),
}

/// Accepts that a backup is to be restored. It is `restoring` when this returns, and the volume `restoring-backup`, or
/// `creating` when it is a new one.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: BackupId, target: Target) -> Result<Volume, Refused> {
    let who = who.clone();
    let (restored, queue) = desk.admit(move |conn, settings| admit(conn, settings, &who, id, target)).await?;
    desk.hints.give(&queue);
    Ok(restored)
}

fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    id: BackupId,
    target: Target,
) -> Result<(Volume, String), Refused> {
    let found = backup::find(conn, who, id)?;
    if found.status != BackupStatus::Available {
        return invalid("Backup status must be available");
    }
    match target {
        Target::Volume(target) => over(conn, settings, who, &found, target),
        Target::New(name) => {
            let name = name.unwrap_or_else(|| format!("restore_backup_{id}"));
            let volume = volume::create::admit_restored(conn, settings, who, &found, name)?;
            Ok((volume, SCHEDULER_QUEUE.to_owned()))
        }
    }
}

fn over(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    found: &Backup,
    target: VolumeId,
) -> Result<(Volume, String), Refused> {
    let volume = volume::find(conn, who, target)?;
    let refused = |why: String| Err(Refusal::InvalidVolume(why).into());
    if volume.status != VolumeStatus::Available {
        return refused("Volume to be restored to must be available".to_owned());
    }
    volume::check_not_held(conn, &volume)?;
    if found.encryption_key_id.is_some() && volume.id != found.volume_id {
        return refused(format!(
            "backup {} is encrypted under the key of volume {}, which is not that of volume {target}. Restore it to a \
             new volume of the same type.",
            found.id, found.volume_id
        ));
    }
    let (asked, there) = (found.size_gib, volume.size_gib);
    if asked > there {
        return refused(format!("volume size {there} is too small to restore backup of size {asked}."));
    }
    let reads = begin(conn, settings, found, target)?;
    store::volumes::begin_interim(conn, target, VolumeStatus::RestoringBackup)?;
    let queue = queue_for(conn, settings, &found.host, Some(&volume))?;
    operations::admit(
        conn,
        &NewOperation {
            args: serde_json::to_string(&Args { backup_id: found.id }).unwrap_or_default(),
            reads,
            ..who.operation(KIND, volume::key(target), queue.clone(), WRITE)
        },
    )?;
    Ok((volume, queue))
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(Args { backup_id }) = serde_json::from_str(&operation.args) else {
        return unknown_phase(operation);
    };
    if operation.phase != WRITE {
        return unknown_phase(operation);
    }
    let volume = match volume::load(&tools.store, &operation.resource).await {
        Ok(Some(volume)) => volume,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    if operation.abandoned {
        return failed(operation, backup_id, &volume, GIVEN_UP.to_owned());
    }
    match write(tools, operation, &volume, backup_id, progress).await {
        Written::Done(edit) => finish(backup_id, volume.id, edit),
        Written::Failed(why) => failed(operation, backup_id, &volume, why),
        Written::Not(step) => step,
    }
}

fn finish(backup_id: BackupId, volume_id: VolumeId, edit: store::volumes::Edit) -> Step {
    Step::done(move |conn| {
        store::volumes::edit(conn, volume_id, &edit)?;
        let (interim, to) = (VolumeStatus::RestoringBackup, VolumeStatus::Available);
        store::volumes::end_interim(conn, volume_id, interim, interim, to)?;
        end(conn, backup_id, volume_id)
    })
}

/// The volume is neither what it was nor what it should be.
fn failed(operation: &OperationRow, backup_id: BackupId, volume: &Volume, why: String) -> Step {
    let (id, operation, told) = (volume.id, operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            let (interim, to) = (VolumeStatus::RestoringBackup, VolumeStatus::Error);
            store::volumes::end_interim(conn, id, interim, interim, to)?;
            end(conn, backup_id, id)?;
            messages::write(conn, &operation, About::Volume, Action::BackupRestore, &Detail::Backend(told))
        }),
    }
}
