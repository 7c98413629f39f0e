//! Deleting a group, with its volumes when asked.
//!
//! ```text
//! accept ──▶ [turn] ──▶ volumes ──▶ gone
//!                          │ one is still there
//!                          ▼
//!                        error
//! ```
//!
//! Each volume is removed by an operation of its own, admitted together with this one.

use ledger::{Next, Step};
use model::message::Action;
use model::{AttachStatus, Group, GroupId, GroupStatus, Refusal, Volume};
use store::operations::{self, OperationRow};
use store::{Conn, StoreError};

use super::{Door, set_failed};
use crate::failure::{self, unknown_phase, vanished};
use crate::messages::Detail;
use crate::{Desk, Refused, Requester, SCHEDULER_QUEUE, Settings, Tools, group, template, volume};

pub(crate) const KIND: &str = "group.delete";

/// Waiting until whoever holds the group has given up.
const TURN: &str = "turn";
/// Waiting until its volumes are gone.
const VOLUMES: &str = "volumes";

/// Accepts the deletion of a group. It and its volumes are `deleting`, or it is gone if it never was placed, when this
/// returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(
    desk: &Desk,
    who: &Requester,
    door: Door,
    id: GroupId,
    delete_volumes: bool,
) -> Result<(), Refused> {
    let who = who.clone();
    let queues =
        desk.admit(move |conn, settings| admit(conn, settings, &who, door, id, delete_volumes)).await?;
    queues.iter().for_each(|queue| desk.hints.give(queue));
    Ok(())
}

/// Answers with the queues in which something waits now.
fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    door: Door,
    id: GroupId,
    delete_volumes: bool,
) -> Result<Vec<String>, Refused> {
    let group = group::find(conn, who, id)?;
    door.check(conn, group.group_type_id)?;
    let volumes = store::groups::volumes(conn, id)?;
    let Some(backend) = group::backend(&group).or_else(|| volumes.first().and_then(volume::backend)) else {
        if volumes.is_empty() {
            // Whoever was about to place it finds it gone.
            store::groups::remove(conn, id)?;
            return Ok(Vec::new());
        }
        return admit_checked(conn, settings, who, &group, &volumes, delete_volumes);
    };
    volume::check_backend_not_frozen(conn, backend)?;
    admit_checked(conn, settings, who, &group, &volumes, delete_volumes)
}

fn admit_checked(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    group: &Group,
    volumes: &[Volume],
    delete_volumes: bool,
) -> Result<Vec<String>, Refused> {
    check(conn, group, volumes, delete_volumes)?;
    let edit = store::groups::Edit { status: Some(GroupStatus::Deleting), ..Default::default() };
    store::groups::edit(conn, group.id, &edit)?;
    let mut queues = vec![SCHEDULER_QUEUE.to_owned()];
    for member in volumes {
        queues.extend(volume::delete::begin(conn, settings, who, member, &[])?);
    }
    let new = who.operation(KIND, group::key(group.id), SCHEDULER_QUEUE.to_owned(), VOLUMES);
    operations::admit_or_after(conn, new, TURN)?;
    Ok(queues)
}

fn check(conn: &Conn<'_>, group: &Group, volumes: &[Volume], delete_volumes: bool) -> Result<(), Refused> {
    let refused = |why: String| Err(Refusal::InvalidGroup(why).into());
    let (id, now) = (group.id, group.status);
    if !delete_volumes && !matches!(now, GroupStatus::Available | GroupStatus::Error) {
        return refused(format!("Group status must be available or error, but current status is: {now}"));
    }
    if store::group_snapshots::any_of_group(conn, id)? {
        return refused("Group has existing snapshots.".to_owned());
    }
    if !volumes.is_empty() && !delete_volumes {
        return refused(format!(
            "Group {id} still contains volumes. The delete-volumes flag is required to delete it."
        ));
    }
    for volume in volumes {
        template::check_is_no_disk(conn, volume.id, "delete that first")?;
        if volume.attach_status == AttachStatus::Attached {
            return refused(format!("Volume in group {id} is attached. Need to detach first."));
        }
        if !store::snapshots::of_volume(conn, volume.id)?.is_empty() {
            return refused("Volume in group still has dependent snapshots.".to_owned());
        }
    }
    if store::groups::any_creating_from_group(conn, id)? {
        let reason = if delete_volumes {
            "Group status must be available or error and must not have dependent group snapshots"
        } else {
            "Group must not have attached volumes, volumes with snapshots, or dependent group snapshots"
        };
        return refused(format!(
            "Cannot delete group {id}. {reason}, and it cannot be the source for an ongoing group or group snapshot \
             creation."
        ));
    }
    Ok(())
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow) -> Step {
    let Some(id) = group::of_key(&operation.resource) else { return vanished() };
    match operation.phase.as_str() {
        TURN => turn(tools, operation, id).await,
        VOLUMES => volumes(operation, id),
        _ => unknown_phase(operation),
    }
}

async fn turn(tools: &Tools, operation: &OperationRow, id: GroupId) -> Step {
    failure::turn(&tools.store, operation, move |conn| {
        let edit = store::groups::Edit { status: Some(GroupStatus::Deleting), ..Default::default() };
        store::groups::edit(conn, id, &edit)?;
        Ok((Next::Phase(VOLUMES), None))
    })
    .await
}

fn volumes(operation: &OperationRow, id: GroupId) -> Step {
    let operation = operation.clone();
    Step::Decide(Box::new(move |conn| {
        let Some(group) = store::groups::get(conn, id)? else { return Ok((Next::Done, None)) };
        let volumes = store::groups::volumes(conn, id)?;
        for volume in &volumes {
            if operations::is_pending(conn, &volume::key(volume.id))? {
                return Ok((failure::wait(conn, operation.created_at, "its volumes to be gone"), None));
            }
        }
        let snapshots = store::group_snapshots::any_of_group(conn, id)?;
        if volumes.is_empty() && !snapshots {
            store::groups::remove(conn, id)?;
            return Ok((Next::Done, None));
        }
        fail(conn, &operation, &group, &volumes, snapshots)
    }))
}

fn fail(
    conn: &Conn<'_>,
    operation: &OperationRow,
    group: &Group,
    left: &[Volume],
    snapshots: bool,
) -> Result<(Next, Option<String>), StoreError> {
    let listed: Vec<String> =
        left.iter().map(|volume| format!("{} ({})", volume.id, volume.status)).collect();
    let why = match snapshots {
        true => "it has got snapshots meanwhile".to_owned(),
        false => format!("{} of its volumes could not be removed: {}", left.len(), listed.join(", ")),
    };
    let detail = Detail::Backend(why.clone());
    set_failed(conn, operation, group, GroupStatus::Deleting, (Action::GroupDelete, &detail))?;
    Ok((Next::Failed(why), None))
}
