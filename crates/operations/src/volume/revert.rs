//! Giving a volume the content of its latest snapshot again.
//!
//! ```text
//! accept ──▶ begin (backend) ──▶ revert ──▶ available
//!              │ given up          │ gives up
//!              ▼                   ▼
//!          as it was             error
//! ```
//!
//! The snapshot is `restoring` meanwhile and `available` afterwards, whatever becomes of the volume.

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{Refusal, Snapshot, SnapshotId, SnapshotStatus, Volume, VolumeId, VolumeStatus, status};
use ports::volume::Provisioned;
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, StoreError};

use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::messages::{self, About, Detail};
use crate::{Desk, Refused, Requester, Tools, failure, snapshot, volume, volume_queue};

pub(crate) const KIND: &str = "volume.revert";

/// Waiting until nothing reads the volume any more. Nothing is touched yet.
const BEGIN: &str = "begin";
/// Reverting it.
const REVERT: &str = "revert";

/// Accepts that a volume goes back to `snapshot`, which must be its latest. It is `reverting` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(
    desk: &Desk,
    who: &Requester,
    id: VolumeId,
    snapshot: Option<String>,
) -> Result<(), Refused> {
    let who = who.clone();
    let queue = desk.admit(move |conn, _| admit(conn, &who, id, snapshot.as_deref())).await?;
    desk.hints.give(&queue);
    Ok(())
}

fn admit(conn: &Conn<'_>, who: &Requester, id: VolumeId, named: Option<&str>) -> Result<String, Refused> {
    let volume = volume::find(conn, who, id)?;
    let latest = latest(conn, id)?;
    check(&volume, &latest, named)?;
    volume::check_not_frozen(conn, &volume)?;
    volume::check_not_held(conn, &volume)?;
    if operations::holder(conn, &snapshot::key(latest.id))?.is_some() {
        return Err(busy_snapshot(id, latest.id).into());
    }
    let Some(backend) = volume::backend(&volume) else {
        return Err(Refusal::InvalidVolume(format!("Volume {id} is on no backend.")).into());
    };
    store::volumes::set_status(conn, id, status::REVERT.interim)?;
    let edit = store::snapshots::Edit { status: Some(SnapshotStatus::Restoring), ..Default::default() };
    store::snapshots::edit(conn, latest.id, &edit)?;
    let queue = volume_queue(backend);
    operations::admit(
        conn,
        &NewOperation {
            args: serde_json::to_string(&latest.id).unwrap_or_default(),
            reads: vec![snapshot::key(latest.id)],
            ..who.operation(KIND, volume::key(id), queue.clone(), BEGIN)
        },
    )?;
    Ok(queue)
}

fn latest(conn: &Conn<'_>, id: VolumeId) -> Result<Snapshot, Refused> {
    let latest = store::snapshots::of_volume(conn, id)?.into_iter().next();
    let none = || Refusal::BadRequest(format!("Volume {id} doesn't have any snapshots."));
    Ok(latest.ok_or_else(none)?)
}

fn check(volume: &Volume, latest: &Snapshot, named: Option<&str>) -> Result<(), Refused> {
    let (v, s) = (volume.id, latest.id);
    if named.is_none_or(|named| named != s.to_string()) {
        let named = named.unwrap_or("None");
        let why = format!("Specified snapshot {named} is None or not the latest one of volume {v}.");
        return Err(Refusal::BadRequest(why).into());
    }
    let cannot = format!("Can't revert volume {v} to its latest snapshot {s}.");
    if volume.size_gib != latest.size_gib {
        let why = format!("{cannot} The volume size must be equal to the snapshot size.");
        return Err(Refusal::BadRequest(why).into());
    }
    if !status::REVERT.allows(volume.status) {
        let why = format!("Invalid volume: {cannot} Volume's status must be 'available'.");
        return Err(Refusal::Conflict(why).into());
    }
    if latest.status != SnapshotStatus::Available {
        return Err(busy_snapshot(v, s).into());
    }
    Ok(())
}

fn busy_snapshot(v: VolumeId, s: SnapshotId) -> Refusal {
    Refusal::Conflict(format!(
        "Invalid snapshot: Can't revert volume {v} to its latest snapshot {s}. Snapshot's status must be \
         'available'."
    ))
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(snapshot) = serde_json::from_str::<SnapshotId>(&operation.args) else {
        return unknown_phase(operation);
    };
    let (volume, snapshot) = match load(tools, operation, snapshot).await {
        Ok(Some(loaded)) => loaded,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    match operation.phase.as_str() {
        BEGIN => begin(tools, operation, &volume, &snapshot).await,
        REVERT => revert(tools, operation, &volume, &snapshot, progress).await,
        _ => unknown_phase(operation),
    }
}

async fn load(
    tools: &Tools,
    operation: &OperationRow,
    snapshot: SnapshotId,
) -> Result<Option<(Volume, Snapshot)>, StoreError> {
    let Some(id) = volume::of_key(&operation.resource) else { return Ok(None) };
    tools
        .store
        .read(move |conn| {
            let volume = store::volumes::get(conn, id)?;
            Ok(volume.zip(store::snapshots::get(conn, snapshot)?))
        })
        .await
}

async fn begin(tools: &Tools, operation: &OperationRow, volume: &Volume, snapshot: &Snapshot) -> Step {
    let untouched = |why: &str| failed(operation, volume, snapshot, VolumeStatus::Available, why.to_owned());
    if operation.abandoned {
        return untouched(GIVEN_UP);
    }
    if volume::backend(volume).is_none_or(|host| tools.backends.get(host).is_none()) {
        return untouched("its backend is not one of this process");
    }
    if failure::is_read(&tools.store, operation.resource.clone()).await {
        return failure::wait_for(operation, "a copy that is being made of it");
    }
    Step::phase(REVERT)
}

async fn revert(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    snapshot: &Snapshot,
    progress: &Progress,
) -> Step {
    let give_up = |why: String| failed(operation, volume, snapshot, status::REVERT.failed, why);
    if operation.abandoned {
        return give_up(GIVEN_UP.to_owned());
    }
    let Some(backend) = volume::backend(volume).and_then(|host| tools.backends.get(host)) else {
        return give_up("its backend is not one of this process".to_owned());
    };
    let (target, source) = (volume::driver_ref(volume), snapshot::driver_ref(snapshot, volume));
    let reverted = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        driver.revert_volume(work, &target, &source)
    });
    match reverted.await {
        Ok(reverted) => finish(volume.id, snapshot.id, reverted),
        Err(error) => failure::again(operation, &tools.settings, &error).unwrap_or_else(give_up),
    }
}

fn finish(id: VolumeId, snapshot: SnapshotId, reverted: Provisioned) -> Step {
    Step::done(move |conn| {
        let (location, name) = (reverted.provider_location.as_deref(), reverted.provider_id.as_deref());
        store::volumes::renew_provisioned(conn, id, location, name)?;
        end(conn, id, snapshot, VolumeStatus::Available)
    })
}

/// The volume may have either content, and says so with its status unless it was not touched.
fn failed(
    operation: &OperationRow,
    volume: &Volume,
    snapshot: &Snapshot,
    status: VolumeStatus,
    why: String,
) -> Step {
    let (id, snapshot, operation, told) = (volume.id, snapshot.id, operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            end(conn, id, snapshot, status)?;
            messages::write(conn, &operation, About::Volume, Action::VolumeRevert, &Detail::Backend(told))
        }),
    }
}

fn end(conn: &Conn<'_>, id: VolumeId, snapshot: SnapshotId, to: VolumeStatus) -> Result<(), StoreError> {
    store::volumes::set_status_from(conn, id, &[status::REVERT.interim], to)?;
    let interim = [SnapshotStatus::Restoring];
    store::snapshots::set_status_from(conn, snapshot, &interim, SnapshotStatus::Available).map(drop)
}
