//! Provisioning: the driver makes the volume, with its content when it has a source.

use std::sync::Arc;
use std::time::Duration;

use ledger::{Next, Progress, Step};
use model::{Volume, VolumeStatus};
use ports::volume::{Provisioned, Source};
use store::operations::OperationRow;
use store::{Conn, StoreError};

use super::{Args, FILL, SourceId, clean_up};
use crate::failure::{GIVEN_UP, vanished};
use crate::{Tools, backup, failure, snapshot, volume};

pub(super) async fn step(tools: &Tools, operation: &OperationRow, args: Args, progress: &Progress) -> Step {
    let loaded = match load(tools, operation, &args).await {
        Ok(loaded) => loaded,
        Err(error) => return Step::Retry { after: Duration::from_secs(1), why: error.chain() },
    };
    let Some((volume, source)) = loaded else { return vanished() };
    let backup = args.source.and_then(SourceId::backup);
    if args.source.is_some() && source.is_none() && backup.is_none() {
        return clean_up::begin(args, "its source is gone".to_owned());
    }
    if operation.abandoned {
        return clean_up::begin(args, GIVEN_UP.to_owned());
    }
    let Some(backend) = volume::backend(&volume).and_then(|host| tools.backends.get(host)) else {
        return clean_up::begin(args, "its backend is not one of this process".to_owned());
    };
    let wanted = volume::driver_ref(&volume);
    let made = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        driver.ensure_volume(work, &wanted, source.as_ref())
    });
    match made.await {
        Ok(made) => match backup {
            Some(_) => fill(tools, &volume, args, made),
            None => finish(&volume, made),
        },
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| clean_up::begin(args, why)),
    }
}

/// The volume, and its source as the driver sees it. None when the volume is gone.
async fn load(
    tools: &Tools,
    operation: &OperationRow,
    args: &Args,
) -> Result<Option<(Volume, Option<Source>)>, StoreError> {
    let Some(id) = volume::of_key(&operation.resource) else { return Ok(None) };
    let source = args.source;
    tools
        .store
        .read(move |conn| {
            let Some(volume) = store::volumes::get(conn, id)? else { return Ok(None) };
            let source = source.map(|source| find_source(conn, source)).transpose()?.flatten();
            Ok(Some((volume, source)))
        })
        .await
}

fn find_source(conn: &Conn<'_>, source: SourceId) -> Result<Option<Source>, StoreError> {
    match source {
        SourceId::Volume(id) => {
            Ok(store::volumes::get(conn, id)?.map(|volume| Source::Volume(volume::driver_ref(&volume))))
        }
        // It is written by whoever keeps it, once the volume is there.
        SourceId::Backup(_) => Ok(None),
        SourceId::Snapshot(id) => {
            let Some(found) = store::snapshots::get(conn, id)? else { return Ok(None) };
            let Some(origin) = store::volumes::get(conn, found.volume_id)? else { return Ok(None) };
            Ok(Some(Source::Snapshot(snapshot::driver_ref(&found, &origin))))
        }
    }
}

fn finish(volume: &Volume, made: Provisioned) -> Step {
    let id = volume.id;
    Step::done(move |conn| {
        store::volumes::set_provisioned(
            conn,
            id,
            made.provider_location.as_deref(),
            made.provider_id.as_deref(),
        )?;
        store::volumes::set_status_from(conn, id, &[VolumeStatus::Creating], VolumeStatus::Available)?;
        Ok(())
    })
}

/// Hands the volume, which is still blank, to whoever keeps the backup that it is made from.
fn fill(tools: &Tools, volume: &Volume, args: Args, made: Provisioned) -> Step {
    let (volume, settings, restoring) = (volume.clone(), Arc::clone(&tools.settings), args.restoring);
    Step::Decide(Box::new(move |conn| {
        let (location, provider_id) = (made.provider_location.as_deref(), made.provider_id.as_deref());
        store::volumes::set_provisioned(conn, volume.id, location, provider_id)?;
        if restoring {
            let to = VolumeStatus::RestoringBackup;
            store::volumes::set_status_from(conn, volume.id, &[VolumeStatus::Creating], to)?;
        }
        let backup = volume.backup_id.map(|id| store::backups::get(conn, id)).transpose()?.flatten();
        let host = backup.map(|backup| backup.host).unwrap_or_default();
        let queue = backup::queue_for(conn, &settings, &host, Some(&volume))?;
        Ok((Next::Hand { queue, phase: FILL }, None))
    }))
}
