//! Replicating a group by itself: beginning and ending it, and letting another site take over the group's volumes.
//!
//! ```text
//! accept ──▶ replicate (backend) ──▶ enabled, disabled or failed-over
//!              │ gives up
//!              ▼
//!           go back ──▶ error (no such site, or attached meanwhile: as it was)
//! ```
//!
//! Going back keeps the volumes at the first site alone where replication was to begin, and lets the site work again that
//! did before where another one was to take over. Ending has nothing to go back to: it can be asked for again.

mod check;
mod outcome;

use std::fmt;

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::service::ReplicationStatus;
use model::{Group, GroupId, Volume};
use ports::DriverError;
use ports::volume::replication::{self, Kept, ReplicatedGroup};
use serde::{Deserialize, Serialize};
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, StoreError};

pub(crate) use check::is_by_itself;

use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::service::failover;
use crate::service::pools::capabilities_of;
use crate::{Backend, Desk, Refused, Requester, Tools, failover_queue, failure, group, volume, volume_queue};

/// Beginning to replicate a group.
pub(crate) const ENABLE: &str = "group.enable_replication";
/// Ending it.
pub(crate) const DISABLE: &str = "group.disable_replication";
/// Letting another site take over.
pub(crate) const FAIL_OVER: &str = "group.failover_replication";

/// Having the volumes kept as asked for.
pub(crate) const REPLICATE: &str = "replicate";
/// Having them kept as before.
const GO_BACK: &str = "go-back";

/// What is to become of the replication of a group. Shown as what cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// It begins.
    Enable,
    /// It ends.
    Disable,
    /// Another site takes over.
    FailOver {
        /// The site that was asked for; none leaves the choice to the backend.
        backend_id: Option<String>,
        /// Also while servers have volumes of it.
        attached_too: bool,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Enable => "enable replication",
            Self::Disable => "disable replication",
            Self::FailOver { .. } => "failover replication",
        })
    }
}

impl Change {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Enable => ENABLE,
            Self::Disable => DISABLE,
            Self::FailOver { .. } => FAIL_OVER,
        }
    }

    const fn interim(&self) -> ReplicationStatus {
        match self {
            Self::Enable => ReplicationStatus::Enabling,
            Self::Disable => ReplicationStatus::Disabling,
            Self::FailOver { .. } => ReplicationStatus::FailingOver,
        }
    }

    const fn action(&self) -> Action {
        match self {
            Self::Enable => Action::GroupEnableReplication,
            Self::Disable => Action::GroupDisableReplication,
            Self::FailOver { .. } => Action::GroupFailOver,
        }
    }

    /// How the volumes are kept before it, as far as there is a way back.
    fn before(&self, group: &Group) -> Option<Kept> {
        match self {
            Self::Enable => Some(Kept::Here),
            Self::Disable => None,
            Self::FailOver { .. } => Some(Kept::Everywhere { active: group.active_backend_id.clone() }),
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Args {
    change: Change,
    /// How its replication was.
    before: String,
    /// Why it was given up.
    failure: String,
}

/// Accepts the change. The group and its volumes are in between (`enabling`) when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: GroupId, change: Change) -> Result<(), Refused> {
    let who = who.clone();
    let queue = desk.admit(move |conn, _| admit(conn, &who, id, &change)).await?;
    desk.hints.give(&queue);
    Ok(())
}

/// Answers with the queue in which it waits now.
fn admit(conn: &Conn<'_>, who: &Requester, id: GroupId, change: &Change) -> Result<String, Refused> {
    let group = group::find(conn, who, id)?;
    check::types(conn, &group)?;
    let volumes = store::groups::volumes(conn, id)?;
    check::statuses(&group, &volumes, change)?;
    let backend = check::backend(conn, &group)?;
    let queue = match change {
        // It is for when the site does not work.
        Change::FailOver { .. } => failover_queue(&backend),
        Change::Enable | Change::Disable => volume_queue(&backend),
    };
    store::groups::set_replication(conn, id, change.interim(), group.active_backend_id.as_deref())?;
    for volume in &volumes {
        store::volumes::set_replication_status(conn, volume.id, change.interim())?;
    }
    let before = group.replication_status.to_string();
    let args = Args { change: change.clone(), before, failure: String::new() };
    let new = NewOperation {
        args: serde_json::to_string(&args).unwrap_or_default(),
        reads: volumes.iter().map(|volume| volume::key(volume.id)).collect(),
        ..who.operation(change.kind(), group::key(id), queue.clone(), REPLICATE)
    };
    operations::admit(conn, &new)?;
    Ok(queue)
}

/// The sites that the backend of a group is replicated to, as its configuration names them.
///
/// # Errors
/// A refusal when the group is not of a type that is replicated; or the store's own failure.
pub async fn targets(desk: &Desk, who: &Requester, id: GroupId) -> Result<Vec<String>, Refused> {
    let who = who.clone();
    desk.store
        .read(move |conn| {
            let group = group::find(conn, &who, id)?;
            check::types(conn, &group)?;
            let Some(backend) = group::backend(&group) else { return Ok(Vec::new()) };
            let reported = capabilities_of(conn, backend)?;
            let targets = reported.get("replication_targets").and_then(serde_json::Value::as_array);
            let names = targets.into_iter().flatten().filter_map(serde_json::Value::as_str);
            Ok(names.map(str::to_owned).collect())
        })
        .await
}

/// How the replication of a volume is, if it is one of those that the API knows.
fn status_of(volume: &Volume) -> Option<ReplicationStatus> {
    volume.replication_status.as_deref()?.parse().ok()
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Some(id) = group::of_key(&operation.resource) else { return vanished() };
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    let (group, volumes) = match load(tools, id, args.change.interim()).await {
        Ok(Some(loaded)) => loaded,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    let Some(backend) = group::backend(&group).and_then(|host| tools.backends.get(host)) else {
        let why = "its backend is not one of this process".to_owned();
        return outcome::failed(operation, group, args.change, why);
    };
    match operation.phase.as_str() {
        REPLICATE if operation.abandoned => give_up(operation, group, args, GIVEN_UP.to_owned()),
        REPLICATE => {
            let (kept, site) = match aim(&args.change, &group, &volumes, backend) {
                Ok(aim) => aim,
                Err(why) => {
                    let before = args.before.parse().unwrap_or(ReplicationStatus::Error);
                    return outcome::unchanged(operation, group, args.change, before, why);
                }
            };
            match replicate(tools, operation, backend, progress, (&volumes, kept)).await {
                Ok(()) => outcome::done(id, args.change, site),
                Err(error) => failure::again(operation, &tools.settings, &error)
                    .unwrap_or_else(|why| give_up(operation, group, args, why)),
            }
        }
        GO_BACK => {
            let Some(kept) = args.change.before(&group) else { return unknown_phase(operation) };
            match replicate(tools, operation, backend, progress, (&volumes, kept)).await {
                Ok(()) => outcome::failed(operation, group, args.change, args.failure),
                Err(error) => failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| {
                    let why = format!("{}; then going back: {why}", args.failure);
                    outcome::failed(operation, group, args.change, why)
                }),
            }
        }
        _ => unknown_phase(operation),
    }
}

/// How the volumes are to be kept, and the site that is to work; none is the first one.
fn aim(
    change: &Change,
    group: &Group,
    volumes: &[Volume],
    backend: &Backend,
) -> Result<(Kept, Option<String>), String> {
    let site = match change {
        Change::Disable => return Ok((Kept::Here, None)),
        Change::Enable => None,
        Change::FailOver { backend_id, .. } => {
            if let Some(why) = volumes.iter().find_map(|volume| check::attached(volume, change)) {
                return Err(why);
            }
            let targets = replication::targets(&*backend.driver);
            failover::site(backend_id.as_deref(), group.active_backend_id.as_deref(), &targets)?
        }
    };
    Ok((Kept::Everywhere { active: site.clone() }, site))
}

async fn replicate(
    tools: &Tools,
    operation: &OperationRow,
    backend: &Backend,
    progress: &Progress,
    (volumes, kept): (&[Volume], Kept),
) -> Result<(), DriverError> {
    let Some(id) = group::of_key(&operation.resource) else { return Ok(()) };
    let replicated = ReplicatedGroup { id, volumes: volumes.iter().map(volume::driver_ref).collect() };
    tools
        .effects
        .run(&operation.resource, backend, progress, move |driver, work| {
            replication::of(driver)?.replicate_group(work, &replicated, &kept)
        })
        .await
}

fn give_up(operation: &OperationRow, group: Group, args: Args, failure: String) -> Step {
    if args.change.before(&group).is_none() {
        return outcome::failed(operation, group, args.change, failure);
    }
    let args = serde_json::to_string(&Args { failure, ..args }).ok();
    Step::Advance { next: Next::Phase(GO_BACK), args, change: Box::new(|_| Ok(())) }
}

/// The group, and those of its volumes that are in the change: others may have been made in it since.
async fn load(
    tools: &Tools,
    id: GroupId,
    interim: ReplicationStatus,
) -> Result<Option<(Group, Vec<Volume>)>, StoreError> {
    tools
        .store
        .read(move |conn| {
            let Some(group) = store::groups::get(conn, id)? else { return Ok(None) };
            let mut volumes = store::groups::volumes(conn, id)?;
            volumes.retain(|volume| status_of(volume) == Some(interim));
            Ok(Some((group, volumes)))
        })
        .await
}
