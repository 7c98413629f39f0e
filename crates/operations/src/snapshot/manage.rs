//! Taking over, as a snapshot of a volume, what lies on its backend already.
//!
//! ```text
//! accept ──▶ look (backend) ──▶ adopt ──▶ available
//!              │ cannot be       │ gives up
//!              ▼                 ▼
//!            error           hand back ──▶ error
//! ```
//!
//! A snapshot has the size of its volume, and is charged with it, whatever the size of what is taken over: that grows
//! where it is smaller, and is refused where it is larger.

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{Metadata, Snapshot, SnapshotId, SnapshotStatus, Volume, VolumeId};
use ports::volume::{Existing, Reference, manage};
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::operations::{self, NewOperation, OperationRow};

use super::create;
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::manageable::is_managed;
use crate::messages::{self, About, Detail};
use crate::service::target::Target;
use crate::{Desk, Refused, Requester, Tools, failure, snapshot, volume, volume_queue};

pub(crate) const KIND: &str = "snapshot.manage";

/// Looking at what is to be taken over.
const LOOK: &str = "look";
/// Taking it over.
const ADOPT: &str = "adopt";
/// Giving it the name back that it had.
const HAND_BACK: &str = "hand-back";

/// Who serves the queue has another configuration by now.
const NO_BACKEND: &str = "its backend is not one of this process";

/// A request to take something over.
#[derive(Debug, Clone)]
pub struct Manage {
    /// The volume that it is a snapshot of.
    pub volume_id: VolumeId,
    /// What it is.
    pub reference: Reference,
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Pairs.
    pub metadata: Metadata,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Args {
    reference: Reference,
    /// Why it was given up.
    failure: String,
}

impl Args {
    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Accepts a take-over. The snapshot is `creating` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, request: Manage) -> Result<Snapshot, Refused> {
    let who = who.clone();
    let admitted = desk.admit(move |conn, settings| {
        let home = volume::find(conn, &who, request.volume_id)?.host.unwrap_or_default();
        Target::Host(home).require(conn, settings)?;
        let args = Args { reference: request.reference, failure: String::new() };
        let create = create::Create {
            volume_id: request.volume_id,
            name: request.name,
            description: request.description,
            metadata: request.metadata,
            attached_too: true,
        };
        let (snapshot, volume) = create::insert(conn, settings, &who, create)?;
        let queue = volume_queue(volume::backend(&volume).unwrap_or_default());
        operations::admit(
            conn,
            &NewOperation {
                args: args.to_json(),
                reads: vec![volume::key(volume.id)],
                ..who.operation(KIND, snapshot::key(snapshot.id), queue.clone(), LOOK)
            },
        )?;
        Ok((snapshot, queue))
    });
    let (snapshot, queue) = admitted.await?;
    desk.hints.give(&queue);
    Ok(snapshot)
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    let (snapshot, volume) = match snapshot::load(&tools.store, &operation.resource).await {
        Ok(Some(loaded)) => loaded,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    match operation.phase.as_str() {
        LOOK => look(tools, operation, args, &snapshot, &volume, progress).await,
        ADOPT => adopt(tools, operation, args, &snapshot, &volume, progress).await,
        HAND_BACK => hand_back(tools, operation, args, &snapshot, &volume, progress).await,
        _ => unknown_phase(operation),
    }
}

async fn look(
    tools: &Tools,
    operation: &OperationRow,
    args: Args,
    snapshot: &Snapshot,
    volume: &Volume,
    progress: &Progress,
) -> Step {
    if operation.abandoned {
        return failed(operation, snapshot.id, GIVEN_UP.to_owned());
    }
    let Some(backend) = volume::backend(volume).and_then(|host| tools.backends.get(host)) else {
        return failed(operation, snapshot.id, NO_BACKEND.to_owned());
    };
    let looked = tools.effects.run(&operation.resource, backend, progress, move |driver, _| {
        manage::of(driver)?.look_at(&args.reference)
    });
    let objection = match looked.await {
        Ok(seen) => objection(tools, &seen, snapshot).await,
        Err(error) => {
            return failure::again(operation, &tools.settings, &error)
                .unwrap_or_else(|why| failed(operation, snapshot.id, why));
        }
    };
    match objection {
        Ok(None) => Step::phase(ADOPT),
        Ok(Some(why)) => failed(operation, snapshot.id, why),
        Err(error) => failure::store_failed(&error),
    }
}

async fn adopt(
    tools: &Tools,
    operation: &OperationRow,
    args: Args,
    snapshot: &Snapshot,
    volume: &Volume,
    progress: &Progress,
) -> Step {
    if operation.abandoned {
        return give_up(args, GIVEN_UP.to_owned());
    }
    let Some(backend) = volume::backend(volume).and_then(|host| tools.backends.get(host)) else {
        return give_up(args, NO_BACKEND.to_owned());
    };
    let (reference, wanted) = (args.reference.clone(), snapshot::driver_ref(snapshot, volume));
    let adopted = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        manage::of(driver)?.adopt_snapshot(work, &wanted, &reference)
    });
    match adopted.await {
        Ok(adopted) => create::finish(snapshot.id, adopted),
        Err(error) => {
            failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| give_up(args, why))
        }
    }
}

/// Why it cannot be taken over.
async fn objection(
    tools: &Tools,
    seen: &Existing,
    snapshot: &Snapshot,
) -> Result<Option<String>, StoreError> {
    let ours = seen.ours;
    if tools.store.read(move |conn| is_managed(conn, ours)).await? {
        return Ok(Some("it is managed already".to_owned()));
    }
    let (found, most) = (seen.size_gib, snapshot.size_gib);
    let too_large = || format!("its {found} GiB are more than the {most} GiB of its volume");
    Ok(seen.unsafe_because.clone().or_else(|| (found > most).then(too_large)))
}

fn give_up(args: Args, failure: String) -> Step {
    let args = Args { failure, ..args };
    Step::Advance { next: Next::Phase(HAND_BACK), args: Some(args.to_json()), change: Box::new(|_| Ok(())) }
}

async fn hand_back(
    tools: &Tools,
    operation: &OperationRow,
    args: Args,
    snapshot: &Snapshot,
    volume: &Volume,
    progress: &Progress,
) -> Step {
    let mut why = args.failure;
    if let Some(backend) = volume::backend(volume).and_then(|host| tools.backends.get(host)) {
        let (reference, unwanted) = (args.reference, snapshot::driver_ref(snapshot, volume));
        let handed = tools.effects.run(&operation.resource, backend, progress, move |driver, _| {
            manage::of(driver)?.hand_back_snapshot(&unwanted, &reference)
        });
        if let Err(error) = handed.await {
            match failure::again(operation, &tools.settings, &error) {
                Ok(step) => return step,
                Err(kept) => {
                    why =
                        format!("{why}; not handed back, so unmanage the snapshot to keep its data: {kept}");
                }
            }
        }
    }
    failed(operation, snapshot.id, why)
}

fn failed(operation: &OperationRow, id: SnapshotId, why: String) -> Step {
    let (operation, told) = (operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            store::snapshots::set_status_from(conn, id, &[SnapshotStatus::Creating], SnapshotStatus::Error)?;
            messages::write(conn, &operation, About::Snapshot, Action::SnapshotCreate, &Detail::Backend(told))
        }),
    }
}
