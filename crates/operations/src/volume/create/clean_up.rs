//! After a backend gave up: remove what it made, then let another try, or say why there is no volume.

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{Volume, VolumeStatus};
use store::operations::OperationRow;

use super::{Args, CLEAN_UP, PLACE};
use crate::failure::vanished;
use crate::messages::{self, About, Detail};
use crate::{SCHEDULER_QUEUE, Tools, failure, volume};

/// Goes on to cleaning up, because of `why`.
pub(super) fn begin(args: Args, why: String) -> Step {
    let args = Args { failure: Some(why), ..args };
    Step::Advance { next: Next::Phase(CLEAN_UP), args: Some(args.to_json()), change: Box::new(|_| Ok(())) }
}

pub(super) async fn step(tools: &Tools, operation: &OperationRow, args: Args, progress: &Progress) -> Step {
    let volume = match volume::load(&tools.store, &operation.resource).await {
        Ok(Some(volume)) => volume,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    let mut clean = true;
    if let Some(backend) = volume::backend(&volume).and_then(|host| tools.backends.get(host)) {
        let unwanted = volume::driver_ref(&volume);
        let removed = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
            driver.remove_volume(work, &unwanted)
        });
        if let Err(error) = removed.await {
            match failure::insist(operation, &tools.settings, &error) {
                Ok(step) => return step,
                Err(why) => {
                    tracing::error!(operation = %operation.id, why, "left behind until the volume is deleted");
                    clean = false;
                }
            }
        }
    }
    // What cannot be removed now is removed with the volume, which therefore has to stay where it is.
    if clean && volume.group_id.is_none() && may_try_elsewhere(tools, operation, &args) {
        reschedule(&volume, args)
    } else {
        fail(operation, &volume, args, clean)
    }
}

fn may_try_elsewhere(tools: &Tools, operation: &OperationRow, args: &Args) -> bool {
    let tries = args.tried.len() + 1;
    // What could not be filled elsewhere would not be filled there either.
    !operation.abandoned
        && !args.gave_up_filling
        && args.pinned_to.is_none()
        && tries < tools.settings.placement.max_attempts
}

fn reschedule(volume: &Volume, args: Args) -> Step {
    let (mut args, id) = (args, volume.id);
    args.tried.extend(volume.host.clone());
    (args.base, args.is_uncached) = (None, false);
    args.pinned_to = args.keeper.take();
    Step::Advance {
        next: Next::Hand { queue: SCHEDULER_QUEUE.to_owned(), phase: PLACE },
        args: Some(args.to_json()),
        change: Box::new(move |conn| {
            let meanwhile = [VolumeStatus::Downloading];
            store::volumes::set_status_from(conn, id, &meanwhile, VolumeStatus::Creating)?;
            store::volumes::set_location(conn, id, None)?;
            store::volumes::displace(conn, id)
        }),
    }
}

fn fail(operation: &OperationRow, volume: &Volume, args: Args, clean: bool) -> Step {
    let from_image = args.image.is_some();
    let why = args.failure.unwrap_or_else(|| "the backend gave up".to_owned());
    let (id, operation, told) = (volume.id, operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            super::set_failed(conn, id)?;
            if clean {
                // Nothing is there that could stand on anything.
                store::volumes::set_location(conn, id, None)?;
            }
            let action = if from_image { Action::CopyImageToVolume } else { Action::CreateVolumeFromBackend };
            messages::write(conn, &operation, About::Volume, action, &Detail::Backend(told))
        }),
    }
}
