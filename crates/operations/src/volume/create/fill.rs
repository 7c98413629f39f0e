//! Filling: whoever keeps the backup that a volume is made from writes it.

use ledger::{Next, Progress, Step};
use model::{Volume, VolumeStatus};
use store::operations::OperationRow;

use super::{Args, CLEAN_UP};
use crate::backup::filling::{self, Written};
use crate::failure::{GIVEN_UP, vanished};
use crate::{Tools, failure, volume, volume_queue};

/// The pair by which a volume says which backup it was made from.
const SOURCE: &str = "src_backup_id";

pub(super) async fn step(tools: &Tools, operation: &OperationRow, args: Args, progress: &Progress) -> Step {
    let volume = match volume::load(&tools.store, &operation.resource).await {
        Ok(Some(volume)) => volume,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    let Some(backup) = args.source.and_then(super::SourceId::backup) else {
        return clean_up(&volume, args, "its source is no backup".to_owned());
    };
    if operation.abandoned {
        return clean_up(&volume, args, GIVEN_UP.to_owned());
    }
    match filling::write(tools, operation, &volume, backup, progress).await {
        Written::Not(step) => step,
        Written::Failed(why) => clean_up(&volume, args, why),
        Written::Done(mut edit) => Step::done(move |conn| {
            if !args.restoring {
                let mut metadata = edit.metadata.unwrap_or_else(|| volume.metadata.clone());
                metadata.0.insert(SOURCE.to_owned(), backup.to_string());
                edit.metadata = Some(metadata);
            }
            store::volumes::edit(conn, volume.id, &edit)?;
            let from = [VolumeStatus::Creating, VolumeStatus::RestoringBackup];
            store::volumes::set_status_from(conn, volume.id, &from, VolumeStatus::Available)?;
            filling::end(conn, backup, volume.id)
        }),
    }
}

/// Hands the volume back to its backend, to be removed there.
fn clean_up(volume: &Volume, args: Args, why: String) -> Step {
    let args = Args { failure: Some(why), gave_up_filling: true, ..args };
    let queue = volume_queue(volume::backend(volume).unwrap_or_default());
    Step::Advance {
        next: Next::Hand { queue, phase: CLEAN_UP },
        args: Some(args.to_json()),
        change: Box::new(|_| Ok(())),
    }
}
