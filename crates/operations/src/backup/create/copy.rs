//! Reading the volume and writing the backup.

use ledger::{Next, Progress, Step};
use model::VolumeStatus;
use ports::volume::{Access, Changes, Moment, SnapshotRef};
use ports::{DriverError, VolumeDriver, Work};
use store::operations::OperationRow;

use super::{COPY, NO_BACKEND, NO_KEEPER, RELEASE, Subject, backend, give_up};
use crate::backup::{keeper, volume_data};
use crate::failure::GIVEN_UP;
use crate::volume::still;
use crate::{Tools, failure, snapshot, volume};

/// Takes the snapshot that a volume in use is read from.
pub(super) async fn freeze(
    tools: &Tools,
    operation: &OperationRow,
    subject: Subject,
    progress: &Progress,
) -> Step {
    let args = subject.args;
    if operation.abandoned {
        return give_up(args, GIVEN_UP.to_owned());
    }
    if backend(tools, &subject.volume).is_none() {
        return give_up(args, NO_BACKEND.to_owned());
    }
    let Some(id) = subject.backup.temp_snapshot_id else { return Step::phase(COPY) };
    match still::take(tools, &subject.volume, id, progress).await {
        Ok(()) => Step::phase(COPY),
        Err(error) => {
            failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| give_up(args, why))
        }
    }
}

/// Writes the backup.
pub(super) async fn copy(
    tools: &Tools,
    operation: &OperationRow,
    subject: Subject,
    progress: &Progress,
) -> Step {
    let args = subject.args.clone();
    if operation.abandoned {
        return give_up(args, GIVEN_UP.to_owned());
    }
    if subject.backup.parent_id.is_some() && subject.parent.is_none() {
        return give_up(args, "the backup that it builds on is gone".to_owned());
    }
    let Some(keeper) = tools.keeper.clone() else { return give_up(args, NO_KEEPER.to_owned()) };
    let Some(at) = keeper::location(&subject.backup) else {
        return give_up(args, "it has no place in the store".to_owned());
    };
    let Some(backend) = backend(tools, &subject.volume) else {
        return give_up(args, NO_BACKEND.to_owned());
    };
    let (id, of) = (subject.backup.id, subject.volume.id);
    let driver = std::sync::Arc::clone(&backend.driver);
    let written = tools.effects.work(&operation.resource, progress, move |work| {
        let Subject { backup, volume, snapshot, parent, parent_snapshot, args } = subject;
        let still = backup.temp_snapshot_id.map(|id| still::of(&volume, id));
        let frozen = snapshot.map(|it| snapshot::driver_ref(&it, &volume)).or(still);
        let disk = match &frozen {
            Some(snapshot) => driver.open_snapshot(snapshot)?,
            None => driver.open_volume(&volume::driver_ref(&volume), Access::Read)?,
        };
        let now = match frozen {
            Some(snapshot) => Some(Moment::Snapshot(snapshot)),
            // Whoever has it may write between the account and the copy.
            None if args.before == Some(VolumeStatus::InUse) => None,
            None => Some(Moment::Volume(volume::driver_ref(&volume))),
        };
        let before = parent_snapshot.map(|it| snapshot::driver_ref(&it, &volume));
        let changes = before.zip(now).and_then(|(before, now)| account(&*driver, work, &before, &now));
        let facts = keeper::facts(&backup, volume.id, Some(volume_data::describe(&volume)));
        let parent = parent.as_ref().and_then(keeper::location);
        let since = (parent.as_ref(), changes.as_ref());
        keeper.engine.back_up_changes(&*disk, &at, &facts, since, work).map_err(DriverError::from)
    });
    match written.await {
        Ok(written) => {
            if let Some(offset_bytes) = written.belied_at {
                let why = "the backend's account of changes is wrong; everything was compared instead";
                tracing::error!(backup = %id, volume = %of, offset_bytes, why);
            }
            Step::Advance {
                next: Next::Phase(RELEASE),
                args: None,
                change: Box::new(move |conn| {
                    let edit = store::backups::Edit {
                        object_count: Some(written.object_count),
                        ..store::backups::Edit::default()
                    };
                    store::backups::edit(conn, id, &edit)
                }),
            }
        }
        Err(error) => {
            failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| give_up(args, why))
        }
    }
}

/// What the backend says has changed since the snapshot `before`. Without an account everything is compared.
fn account(driver: &dyn VolumeDriver, work: &Work, before: &SnapshotRef, now: &Moment) -> Option<Changes> {
    match driver.changed_since(work, before, now) {
        Ok(Some(changes)) => {
            tracing::debug!(snapshot = %before.id, bytes = changes.bytes(), "the backend says what has changed");
            Some(changes)
        }
        Ok(None) => None,
        Err(error) => {
            let why = error.chain();
            tracing::warn!(snapshot = %before.id, why, "no account of changes: everything is compared");
            None
        }
    }
}
