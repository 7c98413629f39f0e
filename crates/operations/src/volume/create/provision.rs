//! Provisioning: the driver makes the volume, with its content when it has a source.

use std::time::Duration;

use ledger::{Next, Progress, Step};
use model::{Volume, VolumeStatus};
use ports::volume::{Provisioned, Source};
use store::operations::OperationRow;
use store::{Conn, StoreError};

use super::{Args, CLEAN_UP, SourceId};
use crate::failure::{GIVEN_UP, vanished};
use crate::{Tools, failure, snapshot, volume};

pub(super) async fn step(tools: &Tools, operation: &OperationRow, args: Args, progress: &Progress) -> Step {
    let loaded = match load(tools, operation, &args).await {
        Ok(loaded) => loaded,
        Err(error) => return Step::Retry { after: Duration::from_secs(1), why: error.chain() },
    };
    let Some((volume, source)) = loaded else { return vanished() };
    if args.source.is_some() && source.is_none() {
        return clean_up(args, "its source is gone".to_owned());
    }
    if operation.abandoned {
        return clean_up(args, GIVEN_UP.to_owned());
    }
    let Some(backend) = volume::backend(&volume).and_then(|host| tools.backends.get(host)) else {
        return clean_up(args, "its backend is not one of this process".to_owned());
    };
    let wanted = volume::driver_ref(&volume);
    let made = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        driver.ensure_volume(work, &wanted, source.as_ref())
    });
    match made.await {
        Ok(made) => finish(&volume, made),
        Err(error) => {
            failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| clean_up(args, why))
        }
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

fn clean_up(args: Args, why: String) -> Step {
    let args = Args { failure: Some(why), ..args };
    Step::Advance { next: Next::Phase(CLEAN_UP), args: Some(args.to_json()), change: Box::new(|_| Ok(())) }
}
