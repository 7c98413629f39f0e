//! Taking a snapshot.
//!
//! ```text
//! accept ──▶ room (scheduler) ──▶ take (backend) ──▶ available
//!              │ no room             │ gives up
//!              └─────────────────────┴──▶ error
//! ```

use std::sync::Arc;

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::quota::Counted;
use model::refusal::Noun;
use model::{Metadata, Refusal, Snapshot, SnapshotId, SnapshotStatus, Volume, VolumeId, VolumeStatus};
use placement::Request;
use ports::volume::Provisioned;
use store::operations::{self, NewOperation, OperationRow};
use store::snapshots::Edit;
use store::{Conn, StoreError};

use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::messages::{self, About, Detail};
use crate::placing::{self, Outcome};
use crate::quota::{Ask, Limits, gib};
use crate::{
    Desk, Refused, Requester, SCHEDULER_QUEUE, Settings, Tools, failure, snapshot, volume, volume_queue,
};

pub(crate) const KIND: &str = "snapshot.create";

/// Looking whether the pool has room.
const ROOM: &str = "room";
/// Taking it.
const TAKE: &str = "take";
/// Removing what a backend that gave up has left.
const CLEAN_UP: &str = "clean-up";

/// A request for a snapshot.
#[derive(Debug, Clone)]
pub struct Create {
    /// The volume.
    pub volume_id: VolumeId,
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Pairs.
    pub metadata: Metadata,
    /// Whether an attached volume may be snapshot.
    pub attached_too: bool,
}

/// Accepts a request for a snapshot. It is `creating` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, request: Create) -> Result<Snapshot, Refused> {
    let who = who.clone();
    let accepted = desk.admit(move |conn, settings| admit(conn, settings, &who, request)).await?;
    desk.hints.give(SCHEDULER_QUEUE);
    Ok(accepted)
}

fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    request: Create,
) -> Result<Snapshot, Refused> {
    let (snapshot, volume) = insert(conn, settings, who, request)?;
    operations::admit(
        conn,
        &NewOperation {
            args: "null".to_owned(),
            reads: vec![volume::key(volume.id)],
            ..who.operation(KIND, snapshot::key(snapshot.id), SCHEDULER_QUEUE.to_owned(), ROOM)
        },
    )?;
    Ok(snapshot)
}

/// Checks and charges a new snapshot, and makes its row; also gives the volume that it is of.
pub(super) fn insert(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    request: Create,
) -> Result<(Snapshot, Volume), Refused> {
    let volume = volume::find(conn, who, request.volume_id)?;
    volume::check_not_frozen(conn, &volume)?;
    check(&volume, request.attached_too)?;
    volume::edit::check_metadata_size(&request.metadata)?;
    let snapshot = row(conn, settings, who, request, &volume);
    let volume_type = store::volume_types::get(conn, volume.volume_type_id)?
        .ok_or_else(|| Refusal::not_found(Noun::VolumeType, volume.volume_type_id))?;
    let asks = [
        Ask { counted: Counted::Gigabytes, amount: gib(snapshot.charged_gib) },
        Ask { counted: Counted::Snapshots, amount: 1 },
    ];
    Limits::read(conn, &who.project_id)?.check(conn, settings, &who.project_id, &volume_type, &asks)?;
    store::snapshots::insert(conn, &snapshot)?;
    Ok((snapshot, volume))
}

/// Whether a volume can be snapshot as it is.
pub(crate) fn check(volume: &Volume, attached_too: bool) -> Result<(), Refused> {
    let refused = |why: String| Err(Refusal::InvalidVolume(why).into());
    if volume.host.is_none() {
        return refused(
            "The snapshot cannot be created because volume has not been scheduled to any host.".into(),
        );
    }
    if volume.status == VolumeStatus::Maintenance {
        return refused("The snapshot cannot be created when the volume is in maintenance mode.".into());
    }
    if volume.is_migrating() {
        return refused("Snapshot cannot be created while volume is migrating.".into());
    }
    if volume.status == VolumeStatus::Error {
        return refused("The snapshot cannot be created when the volume is in error status.".into());
    }
    let good =
        volume.status == VolumeStatus::Available || (attached_too && volume.status == VolumeStatus::InUse);
    if !good {
        let wanted = if attached_too { "available, in-use" } else { "available" };
        let (id, now) = (volume.id, volume.status);
        return refused(format!("Volume {id} status must be {wanted}, but current status is: {now}."));
    }
    Ok(())
}

/// The snapshot that was asked for, not yet there.
pub(crate) fn row(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    request: Create,
    volume: &Volume,
) -> Snapshot {
    Snapshot {
        id: SnapshotId::random(),
        volume_id: volume.id,
        project_id: who.project_id.clone(),
        user_id: who.user_id.clone(),
        name: request.name,
        description: request.description,
        size_gib: volume.size_gib,
        charged_gib: if settings.no_snapshot_gib { 0 } else { volume.size_gib },
        consumes_quota: true,
        status: SnapshotStatus::Creating,
        progress_percent: 0,
        group_snapshot_id: None,
        encryption_key_id: volume.encryption_key_id,
        volume_type_id: volume.volume_type_id,
        provider_location: None,
        provider_id: None,
        metadata: request.metadata,
        image_metadata: volume.remembered_image(),
        created_at: conn.now(),
        updated_at: None,
    }
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    if operation.phase == ROOM {
        return room(tools, operation);
    }
    let (snapshot, volume) = match snapshot::load(&tools.store, &operation.resource).await {
        Ok(Some(loaded)) => loaded,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    match operation.phase.as_str() {
        TAKE => take(tools, operation, &snapshot, &volume, progress).await,
        CLEAN_UP => clean_up(tools, operation, &snapshot, &volume, progress).await,
        _ => unknown_phase(operation),
    }
}

fn room(tools: &Tools, operation: &OperationRow) -> Step {
    let Some(id) = snapshot::of_key(&operation.resource) else { return vanished() };
    let (placer, hints, operation) = (Arc::clone(&tools.placer), tools.hints.clone(), operation.clone());
    Step::Decide(Box::new(move |conn| {
        let mut refused_at = serde_json::from_str(&operation.args).unwrap_or_default();
        let Some(snapshot) = store::snapshots::get(conn, id)? else {
            return Ok((Next::Failed("its snapshot is gone".to_owned()), None));
        };
        let found = store::volumes::get(conn, snapshot.volume_id)?;
        let Some((volume, host)) = found.and_then(|volume| volume.host.clone().map(|host| (volume, host)))
        else {
            return no_room(conn, &operation, id, "its volume is gone");
        };
        if operation.abandoned {
            return no_room(conn, &operation, id, GIVEN_UP);
        }
        let mut request = Request::create(snapshot.size_gib);
        request.resource_backend = Some(host.clone());
        placing::describe(conn, &mut request, &volume)?;
        match placer.choose(conn, request)? {
            Outcome::Placed { .. } => {
                let queue = volume_queue(model::service::backend_of(&host));
                Ok((Next::Hand { queue, phase: TAKE }, None))
            }
            Outcome::Nowhere(nowhere) => match nowhere.wait(conn, &hints, &mut refused_at) {
                Ok(wait) => Ok((wait, serde_json::to_string(&refused_at).ok())),
                Err(why) => no_room(conn, &operation, id, &why),
            },
        }
    }))
}

fn no_room(
    conn: &Conn<'_>,
    operation: &OperationRow,
    id: SnapshotId,
    why: &str,
) -> Result<(Next, Option<String>), StoreError> {
    store::snapshots::set_status_from(conn, id, &[SnapshotStatus::Creating], SnapshotStatus::Error)?;
    let detail = Detail::NoPool(why.to_owned());
    messages::write(conn, operation, About::Snapshot, Action::SnapshotCreate, &detail)?;
    Ok((Next::Failed(why.to_owned()), None))
}

async fn take(
    tools: &Tools,
    operation: &OperationRow,
    snapshot: &Snapshot,
    volume: &Volume,
    progress: &Progress,
) -> Step {
    if operation.abandoned {
        return give_up(GIVEN_UP.to_owned());
    }
    let Some(backend) = volume::backend(volume).and_then(|host| tools.backends.get(host)) else {
        return give_up("its backend is not one of this process".to_owned());
    };
    let wanted = snapshot::driver_ref(snapshot, volume);
    let taken = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        driver.ensure_snapshot(work, &wanted)
    });
    match taken.await {
        Ok(taken) => finish(snapshot.id, taken),
        Err(error) => failure::again(operation, &tools.settings, &error).unwrap_or_else(give_up),
    }
}

pub(super) fn finish(id: SnapshotId, taken: Provisioned) -> Step {
    Step::done(move |conn| {
        let edit = Edit {
            progress_percent: Some(100),
            provider_location: Some(taken.provider_location),
            provider_id: Some(taken.provider_id),
            ..Edit::default()
        };
        store::snapshots::edit(conn, id, &edit)?;
        store::snapshots::set_status_from(conn, id, &[SnapshotStatus::Creating], SnapshotStatus::Available)?;
        Ok(())
    })
}

fn give_up(why: String) -> Step {
    let args = serde_json::to_string(&why).ok();
    Step::Advance { next: Next::Phase(CLEAN_UP), args, change: Box::new(|_| Ok(())) }
}

async fn clean_up(
    tools: &Tools,
    operation: &OperationRow,
    snapshot: &Snapshot,
    volume: &Volume,
    progress: &Progress,
) -> Step {
    if let Some(backend) = volume::backend(volume).and_then(|host| tools.backends.get(host)) {
        let unwanted = snapshot::driver_ref(snapshot, volume);
        let removed = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
            driver.remove_snapshot(work, &unwanted)
        });
        if let Err(error) = removed.await {
            // What cannot be removed now is removed with the snapshot, whose row stays.
            match failure::insist(operation, &tools.settings, &error) {
                Ok(step) => return step,
                Err(why) => {
                    tracing::error!(operation = %operation.id, why, "left behind until the snapshot is deleted")
                }
            }
        }
    }
    let why = serde_json::from_str(&operation.args).unwrap_or_else(|_| "the backend gave up".to_owned());
    let (id, operation, told) = (snapshot.id, operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            store::snapshots::set_status_from(conn, id, &[SnapshotStatus::Creating], SnapshotStatus::Error)?;
            messages::write(conn, &operation, About::Snapshot, Action::SnapshotCreate, &Detail::Backend(told))
        }),
    }
}
