//! The still that an attached volume is read from.

use ledger::{Next, Progress, Step};
use model::{ImageId, SnapshotId, Volume};
use store::operations::OperationRow;

use super::{Args, UPLOAD, give_up};
use crate::failure::GIVEN_UP;
use crate::volume::still;
use crate::{Tools, failure};

/// Its identifier derives from the image's.
pub(super) fn id(image: ImageId) -> SnapshotId {
    SnapshotId::from_uuid(image.uuid())
}

/// Takes it.
pub(super) async fn take(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    progress: &Progress,
) -> Step {
    if operation.abandoned {
        return give_up(args, GIVEN_UP.to_owned());
    }
    match still::take(tools, volume, id(args.image), progress).await {
        Ok(()) => Step::phase(UPLOAD),
        Err(error) => {
            failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| give_up(args, why))
        }
    }
}

/// Removes it, however long that takes: nothing but this operation knows of it. The volume is at rest already.
pub(super) async fn release(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    progress: &Progress,
) -> Step {
    if let Err(error) = still::remove(tools, volume, id(args.image), progress).await {
        if let Some(step) = failure::persist(operation, &tools.settings, &error) {
            return step;
        }
        let why = error.chain();
        tracing::error!(operation = %operation.id, why, "a snapshot without a row is left behind");
    }
    let next = args.failure.map_or(Next::Done, Next::Failed);
    Step::Advance { next, args: None, change: Box::new(|_| Ok(())) }
}
