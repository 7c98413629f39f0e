//! After a backend gave up: removing every part that was or may have been taken.

use ledger::{Next, Progress, Step};
use model::{GroupSnapshot, Snapshot, Volume};
use store::operations::OperationRow;

use super::{Args, CLEAN_UP, set_failed};
use crate::failure::vanished;
use crate::group_snapshot::load;
use crate::messages::Detail;
use crate::{Tools, failure, snapshot, volume};

pub(super) async fn step(tools: &Tools, operation: &OperationRow, args: Args, progress: &Progress) -> Step {
    let whole = match load(&tools.store, &operation.resource).await {
        Ok(Some(whole)) => whole,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    let next = whole.parts.iter().find(|(part, _)| !args.removed.contains(&part.id));
    match next {
        None => fail(operation, &whole.snapshot, args),
        Some((part, Some(volume))) => remove(tools, operation, args, (part, volume), progress).await,
        Some((part, None)) => removed(part, args),
    }
}

async fn remove(
    tools: &Tools,
    operation: &OperationRow,
    args: Args,
    (part, volume): (&Snapshot, &Volume),
    progress: &Progress,
) -> Step {
    let Some(backend) = volume::backend(volume).and_then(|host| tools.backends.get(host)) else {
        return removed(part, args);
    };
    let (key, unwanted) = (snapshot::key(part.id), snapshot::driver_ref(part, volume));
    let gone = tools
        .effects
        .run(&key, backend, progress, move |driver, work| driver.remove_snapshot(work, &unwanted));
    if let Err(error) = gone.await {
        // What cannot be removed now is removed with the snapshot, whose row stays.
        match failure::insist(operation, &tools.settings, &error) {
            Ok(step) => return step,
            Err(why) => {
                tracing::error!(operation = %operation.id, part = %part.id, why, "left behind until it is deleted");
            }
        }
    }
    removed(part, args)
}

fn removed(part: &Snapshot, mut args: Args) -> Step {
    args.removed.push(part.id);
    Step::Advance { next: Next::Phase(CLEAN_UP), args: Some(args.to_json()), change: Box::new(|_| Ok(())) }
}

fn fail(operation: &OperationRow, snapshot: &GroupSnapshot, args: Args) -> Step {
    let why = args.failure.unwrap_or_else(|| "the backend gave up".to_owned());
    let (id, operation, told) = (snapshot.id, operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| set_failed(conn, &operation, id, &Detail::Backend(told))),
    }
}
