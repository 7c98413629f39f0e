//! Taking it over, or giving it back.

use ledger::{Next, Progress, Step};
use model::{Volume, VolumeStatus};
use ports::volume::{Provisioned, VolumeRef, manage};
use store::operations::OperationRow;

use super::{Args, HAND_BACK, failed};
use crate::failure::{GIVEN_UP, vanished};
use crate::{Tools, failure, volume};

pub(super) async fn step(tools: &Tools, operation: &OperationRow, args: Args, progress: &Progress) -> Step {
    let volume = match volume::load(&tools.store, &operation.resource).await {
        Ok(Some(volume)) => volume,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    if operation.abandoned {
        return give_up(args, GIVEN_UP.to_owned());
    }
    let Some(backend) = volume::backend(&volume).and_then(|host| tools.backends.get(host)) else {
        return give_up(args, "its backend is not one of this process".to_owned());
    };
    let (reference, adopted) = (args.reference.clone(), of_size(&volume, args.size_gib));
    let adopted = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        manage::of(driver)?.adopt_volume(work, &adopted, &reference)
    });
    match adopted.await {
        Ok(adopted) => finish(&volume, &args, adopted),
        Err(error) => {
            failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| give_up(args, why))
        }
    }
}

fn of_size(volume: &Volume, size_gib: u64) -> VolumeRef {
    VolumeRef { size_gib, ..volume::driver_ref(volume) }
}

fn finish(volume: &Volume, args: &Args, adopted: Provisioned) -> Step {
    let (id, size_gib) = (volume.id, args.size_gib);
    Step::done(move |conn| {
        store::volumes::set_size(conn, id, size_gib)?;
        let (location, provider_id) = (adopted.provider_location.as_deref(), adopted.provider_id.as_deref());
        store::volumes::set_provisioned(conn, id, location, provider_id)?;
        store::volumes::set_status_from(conn, id, &[VolumeStatus::Managing], VolumeStatus::Available)?;
        Ok(())
    })
}

fn give_up(args: Args, failure: String) -> Step {
    let args = Args { failure, ..args };
    Step::Advance { next: Next::Phase(HAND_BACK), args: Some(args.to_json()), change: Box::new(|_| Ok(())) }
}

/// Gives it the name back that it had. Where that fails it keeps ours: deleting the volume does not touch it, and it
/// can be taken over again.
pub(super) async fn hand_back(
    tools: &Tools,
    operation: &OperationRow,
    args: Args,
    progress: &Progress,
) -> Step {
    let volume = match volume::load(&tools.store, &operation.resource).await {
        Ok(Some(volume)) => volume,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    if let Some(backend) = volume::backend(&volume).and_then(|host| tools.backends.get(host)) {
        let (reference, adopted) = (args.reference.clone(), of_size(&volume, args.size_gib));
        let handed = tools.effects.run(&operation.resource, backend, progress, move |driver, _| {
            manage::of(driver)?.hand_back_volume(&adopted, &reference)
        });
        if let Err(error) = handed.await {
            match failure::again(operation, &tools.settings, &error) {
                Ok(step) => return step,
                Err(why) => {
                    tracing::error!(operation = %operation.id, why, "not handed back under its old name")
                }
            }
        }
    }
    failed(operation, volume.id, args.failure)
}
