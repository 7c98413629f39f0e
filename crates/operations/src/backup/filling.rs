//! Filling a volume from a backup: what restoring over a volume has in common with making one from a backup.

use std::sync::Arc;

use ::backup::chunked::Layer;
use ledger::{Progress, Step};
use model::refusal::Noun;
use model::{Backup, BackupId, BackupStatus, Refusal, Volume, VolumeId};
use ports::DriverError;
use ports::volume::Access;
use ports::work::Unwanted;
use store::backups::Edit;
use store::operations::OperationRow;
use store::{Conn, StoreError};

use super::{Keeper, invalid, keeper, service, volume_data};
use crate::{Refused, Settings, Tools, backup, failure, volume};

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

/// How writing a volume from a backup ended.
pub(crate) enum Written {
    /// Well; and this changes of the volume's row.
    Done(store::volumes::Edit),
    /// Not, for this reason.
    Failed(String),
    /// Not yet.
    Not(Step),
}

/// What a backup says of its volume, before anything is written.
pub(crate) enum Facts {
    /// The backup, and the data of its volume beside the content.
    Found { backup: Box<Backup>, data: Option<String> },
    /// Nothing, for this reason.
    Failed(String),
    /// Nothing yet.
    Not(Step),
}

/// Reads what a backup says of its volume.
pub(crate) async fn facts(tools: &Tools, operation: &OperationRow, id: BackupId) -> Facts {
    let (keeper, layers, backup) = match find(tools, id).await {
        Ok(found) => found,
        Err(Missing::Never(why)) => return Facts::Failed(why),
        Err(Missing::Yet(step)) => return Facts::Not(step),
    };
    let engine = keeper.engine;
    let read = tokio::task::spawn_blocking(move || engine.volume_data(&layers).map_err(DriverError::from));
    let read = read.await.unwrap_or_else(|_| Err(Unwanted.into()));
    match read {
        Ok(data) => Facts::Found { backup: Box::new(backup), data },
        Err(error) => {
            failure::again(operation, &tools.settings, &error).map_or_else(Facts::Failed, Facts::Not)
        }
    }
}

/// Why a backup cannot be read.
enum Missing {
    Never(String),
    Yet(Step),
}

/// Who keeps a backup, the layers of its chain there, and the backup itself.
async fn find(tools: &Tools, id: BackupId) -> Result<(Keeper, Vec<Layer>, Backup), Missing> {
    let never = |why: &str| Missing::Never(why.to_owned());
    let read = tools.store.read(move |conn| store::backups::chain(conn, id)).await;
    let mut chain = read
        .map_err(|error| Missing::Yet(failure::store_failed(&error)))?
        .ok_or_else(|| never("the backup, or one that it builds on, is gone"))?;
    let keeper = tools.keeper.clone().ok_or_else(|| never("this process keeps no backups"))?;
    if let Some(other) = chain.iter().find(|backup| !keeper.knows(backup.service.as_deref())) {
        let theirs = other.service.clone().unwrap_or_default();
        let why =
            format!("backup {} lies in a store of {theirs}, and this one is {}", other.id, keeper.service());
        return Err(Missing::Never(why));
    }
    let layers = keeper::layers(&chain).ok_or_else(|| never("the backup has no place in the store"))?;
    let backup = chain.pop().ok_or_else(|| never("the backup is gone"))?;
    Ok((keeper, layers, backup))
}

/// Writes `volume` from a backup.
pub(crate) async fn write(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    id: BackupId,
    progress: &Progress,
) -> Written {
    let (keeper, layers, _) = match find(tools, id).await {
        Ok(found) => found,
        Err(Missing::Never(why)) => return Written::Failed(why),
        Err(Missing::Yet(step)) => return Written::Not(step),
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
    match data
        .map_or_else(|| Ok(store::volumes::Edit::default()), |data: String| volume_data::apply(&data, volume))
    {
        Ok(edit) => Written::Done(edit),
        Err(error) => Written::Failed(error.to_string()),
    }
}
