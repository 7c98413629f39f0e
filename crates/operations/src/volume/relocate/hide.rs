//! Offering a volume to another machine no longer: after a move there, and after one that came to nothing.

use ledger::{Progress, Step};
use model::service::backend_of;
use model::{Connector, Volume};
use ports::volume::VolumeRef;
use store::operations::OperationRow;

use super::copy::driver_ref;
use super::{Args, fail, secret};
use crate::{Tools, attachment, failure, volume};

pub(super) async fn hide(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    progress: &Progress,
) -> Step {
    let args = match withdraw_source(tools, operation, volume, progress).await {
        Ok(()) => args,
        Err(why) => match failure::insist_for_long(operation, &tools.settings, why) {
            Ok(step) => return step,
            Err(why) => {
                let first = args.failure.as_deref().unwrap_or_default();
                let why =
                    format!("{first}; until it is deleted or moves it may be offered to that machine: {why}");
                tracing::error!(volume = %volume.id, why, "it may still be offered to another machine");
                Args { failure: Some(why), ..args }
            }
        },
    };
    let was = volume.clone();
    fail(operation, volume, args, move |conn| match volume::backend(&was) {
        // Who came meanwhile has been told another secret.
        Some(host) => attachment::export::admit_for(conn, &was, host).map(drop),
        None => Ok(()),
    })
}

/// Lets out whoever was to copy the volume; when nobody else is in, nothing of an export is left.
async fn withdraw_source(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    progress: &Progress,
) -> Result<(), String> {
    let id = volume.id;
    let read = tools.store.read(move |conn| attachment::export::is_used(conn, id));
    let is_used = read.await.map_err(|error| error.chain())?;
    let who = if is_used { secret::connector_of(operation.id) } else { None };
    let home = volume::backend(volume).unwrap_or_default();
    withdraw(tools, operation, (home, volume::driver_ref(volume), who), progress).await
}

/// Lets out whoever has copied the volume from where it was.
pub(super) async fn withdraw_copy(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    progress: &Progress,
) -> Result<(), String> {
    let id = volume.id;
    let read = tools.store.read(move |conn| store::copies::get(conn, id));
    let Some(copy) = read.await.map_err(|error| error.chain())? else { return Ok(()) };
    let was = driver_ref(volume, &copy);
    withdraw(tools, operation, (backend_of(&copy.host), was, None), progress).await
}

async fn withdraw(
    tools: &Tools,
    operation: &OperationRow,
    (home, source, who): (&str, VolumeRef, Option<Connector>),
    progress: &Progress,
) -> Result<(), String> {
    // Nobody needs it any more, whatever becomes of the export.
    let forgotten = secret::remove(tools, operation).await;
    let home = tools.backends.get(home).ok_or_else(|| format!("{home} is not a backend of this process"))?;
    let out = tools.effects.run(&operation.resource, home, progress, move |driver, work| {
        driver.disconnect(work, &source, who.as_ref())
    });
    out.await.map_err(|error| error.chain())?;
    forgotten.map_err(|error| error.to_string())
}
