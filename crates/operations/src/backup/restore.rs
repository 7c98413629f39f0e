//! Restoring a backup, over a volume that is there or to a new one.
//!
//! ```text
//! over a volume:  accept ──▶ write ──▶ available
//!                              │ gives up
//!                              └──▶ error
//! ```
//!
//! A new volume is created like any other ([`crate::volume::create`]), with the backup as its source.

use std::sync::Arc;

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::refusal::Noun;
use model::{Backup, BackupId, BackupStatus, Refusal, Volume, VolumeId, VolumeStatus};
use ports::DriverError;
use ports::volume::Access;
use serde::{Deserialize, Serialize};
use store::backups::Edit;
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, StoreError};

use super::{invalid, keeper, queue_for, service, volume_data};
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

/// Says that a backup is being restored to `target`; answers with what is read meanwhile: the whole chain.
pub(crate) fn begin(
    conn: &Conn<'_>,
    settings: &Settings,
    found: &Backup,
    target: VolumeId,
) -> Result<Vec<String>, Refused> {
    service::choose(conn, settings, &found.availability_zone, None)
        .map_err(|_| Refusal::not_found(Noun::Service, "cinder-backup"))?;
    let Some(chain) = store::backups::chain(conn, found.id)? else {
        return invalid(format!("A backup that {} builds on is gone.", found.id));
    };
    let edit =
        Edit { status: Some(BackupStatus::Restoring), restore_volume_id: Some(target), ..Edit::default() };
    store::backups::edit(conn, found.id, &edit)?;
    Ok(chain.iter().map(|backup| backup::key(backup.id)).collect())
}

/// Says that a backup is no longer being restored to `target`. One that was reset meanwhile stays as it was reset.
pub(crate) fn end(conn: &Conn<'_>, id: BackupId, target: VolumeId) -> Result<(), StoreError> {
    let found = store::backups::get(conn, id)?;
    if found.is_some_and(|backup| backup.restore_volume_id == Some(target)) {
        store::backups::set_status_from(conn, id, &[BackupStatus::Restoring], BackupStatus::Available)?;
    }
    Ok(())
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

/// How writing a volume from a backup ended.
pub(crate) enum Written {
    /// Well; and this changes of the volume's row.
    Done(store::volumes::Edit),
    /// Not, for this reason.
    Failed(String),
    /// Not yet.
    Not(Step),
}

/// Writes `volume` from a backup.
pub(crate) async fn write(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    id: BackupId,
    progress: &Progress,
) -> Written {
    let chain = match tools.store.read(move |conn| store::backups::chain(conn, id)).await {
        Ok(Some(chain)) => chain,
        Ok(None) => return Written::Failed("the backup, or one that it builds on, is gone".to_owned()),
        Err(error) => return Written::Not(failure::store_failed(&error)),
    };
    let Some(keeper) = tools.keeper.clone() else {
        return Written::Failed("this process keeps no backups".to_owned());
    };
    if let Some(other) = chain.iter().find(|backup| !keeper.knows(backup.service.as_deref())) {
        let theirs = other.service.clone().unwrap_or_default();
        let why =
            format!("backup {} lies in a store of {theirs}, and this one is {}", other.id, keeper.service());
        return Written::Failed(why);
    }
    let Some(layers) = keeper::layers(&chain) else {
        return Written::Failed("the backup has no place in the store".to_owned());
    };
    let Some(backend) = volume::backend(volume).and_then(|host| tools.backends.get(host)) else {
        return Written::Failed(
            "the volume's backend is not one of the process that keeps backups".to_owned(),
        );
    };
    let (driver, target) = (Arc::clone(&backend.driver), volume::driver_ref(volume));
    let written = tools.effects.work(&operation.resource, progress, move |work| {
        let disk = driver.open_volume(&target, Access::Write)?;
        keeper.engine.restore(&layers, &*disk, work).map_err(DriverError::from)
    });
    let data = match written.await {
        Ok(data) => data,
        Err(error) => {
            let again = failure::again(operation, &tools.settings, &error);
            return again.map_or_else(Written::Failed, Written::Not);
        }
    };
    match data.map_or_else(|| Ok(store::volumes::Edit::default()), |data| volume_data::apply(&data, volume)) {
        Ok(edit) => Written::Done(edit),
        Err(error) => Written::Failed(error.to_string()),
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
