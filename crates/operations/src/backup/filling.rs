//! Filling a volume from a backup: what restoring over a volume has in common with making one from a backup.

use std::sync::Arc;

use ledger::{Progress, Step};
use model::refusal::Noun;
use model::{Backup, BackupId, BackupStatus, Refusal, Volume, VolumeId};
use ports::DriverError;
use ports::volume::Access;
use store::backups::Edit;
use store::operations::OperationRow;
use store::{Conn, StoreError};

use super::{invalid, keeper, service, volume_data};
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
