//! Taking the parts, one after the other.

use ledger::{Next, Progress, Step};
use model::{GroupSnapshotId, Snapshot, Volume, VolumeStatus};
use ports::volume::Provisioned;
use store::operations::OperationRow;

use super::{Args, CLEAN_UP, TAKE, give_up, set_available};
use crate::failure::{GIVEN_UP, vanished};
use crate::group_snapshot::load;
use crate::{Tools, failure, snapshot, volume};

pub(super) async fn step(tools: &Tools, operation: &OperationRow, args: Args, progress: &Progress) -> Step {
    let whole = match load(&tools.store, &operation.resource).await {
        Ok(Some(whole)) => whole,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    if operation.abandoned {
        return give_up(args, GIVEN_UP.to_owned());
    }
    let next = whole.parts.iter().find(|(part, _)| !args.taken.contains(&part.id));
    match next {
        None => finish(whole.snapshot.id, args),
        Some((part, Some(volume))) => take(tools, operation, args, (part, volume), progress).await,
        Some((part, None)) => give_up(args, format!("volume {} is gone", part.volume_id)),
    }
}

async fn take(
    tools: &Tools,
    operation: &OperationRow,
    args: Args,
    (part, volume): (&Snapshot, &Volume),
    progress: &Progress,
) -> Step {
    let Some(backend) = volume::backend(volume).and_then(|host| tools.backends.get(host)) else {
        return give_up(args, format!("the backend of volume {} is not one of this process", volume.id));
    };
    let (key, wanted) = (snapshot::key(part.id), snapshot::driver_ref(part, volume));
    let taken =
        tools.effects.run(&key, backend, progress, move |driver, work| driver.ensure_snapshot(work, &wanted));
    match taken.await {
        Ok(taken) => note(part, args, taken),
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| give_up(args, format!("volume {}: {why}", volume.id))),
    }
}

/// Notes that a part is taken, and goes on with the next.
fn note(part: &Snapshot, mut args: Args, taken: Provisioned) -> Step {
    let id = part.id;
    args.taken.push(id);
    Step::Advance {
        next: Next::Phase(TAKE),
        args: Some(args.to_json()),
        change: Box::new(move |conn| {
            let edit = store::snapshots::Edit {
                provider_location: Some(taken.provider_location),
                provider_id: Some(taken.provider_id),
                ..Default::default()
            };
            store::snapshots::edit(conn, id, &edit)
        }),
    }
}

/// Everything is taken; unless a volume was attached meanwhile that must not have been, it is available.
fn finish(id: GroupSnapshotId, args: Args) -> Step {
    Step::Decide(Box::new(move |conn| {
        if args.detached {
            for part in store::group_snapshots::parts(conn, id)? {
                let attached = store::volumes::get(conn, part.volume_id)?
                    .filter(|volume| volume.status != VolumeStatus::Available);
                if let Some(volume) = attached {
                    let why = format!(
                        "volume {} is {}, so that the snapshots may not show the same moment",
                        volume.id, volume.status
                    );
                    let args = Args { failure: Some(why), ..args };
                    return Ok((Next::Phase(CLEAN_UP), Some(args.to_json())));
                }
            }
        }
        set_available(conn, id)?;
        Ok((Next::Done, None))
    }))
}
