//! Letting go of a snapshot: its row goes, its data stay.

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{Snapshot, SnapshotId, SnapshotStatus};
use store::Conn;
use store::operations::{self, OperationRow};

use super::delete;
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::messages::{self, About, Detail};
use crate::{Desk, Refused, Requester, Tools, failure, snapshot, volume, volume_queue};

pub(crate) const KIND: &str = "snapshot.unmanage";

/// Having the driver let go.
const RELEASE: &str = "release";

/// Accepts that a snapshot is let go. It is `unmanaging` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: SnapshotId) -> Result<(), Refused> {
    let who = who.clone();
    let queue = desk.admit(move |conn, _| admit(conn, &who, id)).await?;
    desk.hints.give(&queue);
    Ok(())
}

fn admit(conn: &Conn<'_>, who: &Requester, id: SnapshotId) -> Result<String, Refused> {
    let snapshot = snapshot::find(conn, who, id)?;
    delete::check(&snapshot, false)?;
    snapshot::check_not_held(conn, &snapshot)?;
    let origin = store::volumes::get(conn, snapshot.volume_id)?;
    if let Some(origin) = &origin {
        volume::check_not_frozen(conn, origin)?;
    }
    let edit = store::snapshots::Edit { status: Some(SnapshotStatus::Unmanaging), ..Default::default() };
    store::snapshots::edit(conn, id, &edit)?;
    let queue = volume_queue(origin.as_ref().and_then(volume::backend).unwrap_or_default());
    operations::admit(conn, &who.operation(KIND, snapshot::key(id), queue.clone(), RELEASE))?;
    Ok(queue)
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    if operation.phase != RELEASE {
        return unknown_phase(operation);
    }
    let (snapshot, volume) = match snapshot::load(&tools.store, &operation.resource).await {
        Ok(Some(loaded)) => loaded,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    if operation.abandoned {
        return failed(operation, &snapshot, GIVEN_UP.to_owned());
    }
    let Some(backend) = volume::backend(&volume).and_then(|host| tools.backends.get(host)) else {
        return failed(operation, &snapshot, "its backend is not one of this process".to_owned());
    };
    if failure::is_read(&tools.store, operation.resource.clone()).await {
        return failure::wait_for(operation, "a volume that is being made from it");
    }
    let (id, released) = (snapshot.id, snapshot::driver_ref(&snapshot, &volume));
    let released = tools.effects.run(&operation.resource, backend, progress, move |driver, _| {
        // A driver without the family has nothing to do: the row is all that made it ours.
        driver.manage().map_or(Ok(()), |manage| manage.release_snapshot(&released))
    });
    match released.await {
        Ok(()) => Step::done(move |conn| store::snapshots::remove(conn, id)),
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| failed(operation, &snapshot, why)),
    }
}

fn failed(operation: &OperationRow, snapshot: &Snapshot, why: String) -> Step {
    let (id, operation, told) = (snapshot.id, operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            let (interim, failed) = (SnapshotStatus::Unmanaging, SnapshotStatus::ErrorDeleting);
            store::snapshots::set_status_from(conn, id, &[interim], failed)?;
            messages::write(conn, &operation, About::Snapshot, Action::SnapshotDelete, &Detail::Backend(told))
        }),
    }
}
