//! Another name or description for a group, volumes that join it and volumes that leave it.
//!
//! ```text
//! accept ──▶ apply ──▶ available
//!              │ a volume is not what it was
//!              ▼
//!            error
//! ```

use ledger::{Next, Step};
use model::message::Action;
use model::service::ReplicationStatus::{Disabled, Enabled};
use model::{Group, GroupId, GroupStatus, Refusal, Volume, VolumeId, VolumeStatus};
use serde::{Deserialize, Serialize};
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, StoreError};

use super::{Door, set_failed};
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::messages::Detail;
use crate::{Desk, Refused, Requester, SCHEDULER_QUEUE, group, volume};

pub(crate) const KIND: &str = "group.update";

/// Putting the volumes in and out.
const APPLY: &str = "apply";

/// What a volume may be doing that joins.
const JOINING: &[VolumeStatus] = &[VolumeStatus::Available, VolumeStatus::InUse];
/// What a volume may be doing that leaves.
const LEAVING: &[VolumeStatus] =
    &[VolumeStatus::Available, VolumeStatus::InUse, VolumeStatus::Error, VolumeStatus::ErrorDeleting];

/// What to change. None leaves a text as it is.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Volumes that join, as the client calls them.
    pub add_volumes: Vec<String>,
    /// Volumes that leave, as the client calls them.
    pub remove_volumes: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Args {
    add: Vec<VolumeId>,
    remove: Vec<VolumeId>,
}

/// Accepts a change. The group is `updating` when this returns and volumes are to join or leave, else it is changed.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(
    desk: &Desk,
    who: &Requester,
    door: Door,
    id: GroupId,
    update: Update,
) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| admit(conn, &who, door, id, update)).await?;
    desk.hints.give(SCHEDULER_QUEUE);
    Ok(())
}

fn admit(conn: &Conn<'_>, who: &Requester, door: Door, id: GroupId, update: Update) -> Result<(), Refused> {
    let group = group::find(conn, who, id)?;
    door.check(conn, group.group_type_id)?;
    let name = update.name.filter(|name| group.name.as_ref() != Some(name));
    let description = update.description.filter(|text| group.description.as_ref() != Some(text));
    let twice: Vec<String> = update
        .add_volumes
        .iter()
        .filter(|id| update.remove_volumes.contains(id))
        .map(|id| format!("'{id}'"))
        .collect();
    if !twice.is_empty() {
        let why = format!("UUIDs [{}] are in both add and remove volume list.", twice.join(", "));
        return Err(Refusal::InvalidVolume(why).into());
    }
    let members = store::groups::volumes(conn, id)?;
    let args = Args {
        add: joining(conn, who, &group, &members, &update.add_volumes)?,
        remove: leaving(&group, &members, &update.remove_volumes)?,
    };
    let moves = !args.add.is_empty() || !args.remove.is_empty();
    if name.is_none() && description.is_none() && !moves {
        let why = format!(
            "Cannot update group {id} because no valid name, description, add_volumes, or remove_volumes were provided."
        );
        return Err(Refusal::InvalidGroup(why).into());
    }
    let held = operations::is_pending(conn, &group::key(id))?;
    if moves && (held || group.status != GroupStatus::Available) {
        return Err(Refusal::InvalidGroup("Group status must be available.".to_owned()).into());
    }
    let status = match (moves, held) {
        (true, _) => Some(GroupStatus::Updating),
        (false, false) => Some(GroupStatus::Available),
        // Whoever works on it says what it is.
        (false, true) => None,
    };
    let edit = store::groups::Edit {
        name: name.map(Some),
        description: description.map(Some),
        status,
        ..Default::default()
    };
    store::groups::edit(conn, id, &edit)?;
    if moves {
        operations::admit(conn, &operation(who, id, &args))?;
    }
    Ok(())
}

fn operation(who: &Requester, id: GroupId, args: &Args) -> NewOperation {
    NewOperation {
        args: serde_json::to_string(args).unwrap_or_default(),
        reads: args.add.iter().chain(&args.remove).map(|id| volume::key(*id)).collect(),
        ..who.operation(KIND, group::key(id), SCHEDULER_QUEUE.to_owned(), APPLY)
    }
}

/// The volumes that join and are not members yet.
fn joining(
    conn: &Conn<'_>,
    who: &Requester,
    group: &Group,
    members: &[Volume],
    asked: &[String],
) -> Result<Vec<VolumeId>, Refused> {
    let mut joining = Vec::new();
    for asked in asked {
        let id = asked.parse::<VolumeId>().ok();
        if id.is_some_and(|id| joining.contains(&id) || members.iter().any(|member| member.id == id)) {
            continue;
        }
        let found = id.map(|id| store::volumes::get(conn, id)).transpose()?.flatten();
        let volume = found.filter(|volume| who.sees(&volume.project_id)).ok_or_else(|| {
            let group = group.id;
            let why = format!("Cannot add volume {asked} to group {group} because volume cannot be found.");
            Refusal::InvalidVolume(why)
        })?;
        check_joining(group, &volume)?;
        joining.push(volume.id);
    }
    Ok(joining)
}

fn check_joining(group: &Group, volume: &Volume) -> Result<(), Refused> {
    let cannot = format!("Cannot add volume {} to group {}", volume.id, group.id);
    let why = if let Some(other) = volume.group_id {
        format!("{cannot} because it is already in group {other}.")
    } else if volume.project_id != group.project_id {
        format!("{cannot} as they belong to different projects.")
    } else if !group.volume_type_ids.contains(&volume.volume_type_id) {
        let volume_type = volume.volume_type_id;
        format!("{cannot} because volume type {volume_type} is not supported by the group.")
    } else if !JOINING.contains(&volume.status) {
        let now = volume.status;
        format!(
            "{cannot} because volume is in an invalid state: {now}. Valid states are: {}.",
            tuple(JOINING)
        )
    } else if volume.is_migrating() {
        format!("{cannot} because it is being migrated.")
    } else if volume::backend(volume) != group::backend(group) {
        "Volume is not local to this node.".to_owned()
    } else {
        return Ok(());
    };
    Err(Refusal::InvalidVolume(why).into())
}

/// The members that leave.
fn leaving(group: &Group, members: &[Volume], asked: &[String]) -> Result<Vec<VolumeId>, Refused> {
    let is_asked = |volume: &&Volume| asked.iter().any(|id| id.parse() == Ok(volume.id));
    let mut leaving = Vec::new();
    for volume in members.iter().filter(is_asked) {
        if !LEAVING.contains(&volume.status) {
            let (id, group, now, valid) = (volume.id, group.id, volume.status, tuple(LEAVING));
            let why = format!(
                "Cannot remove volume {id} from group {group} because volume is in an invalid state: {now}. Valid states \
                 are: {valid}."
            );
            return Err(Refusal::InvalidVolume(why).into());
        }
        leaving.push(volume.id);
    }
    let is_missing = |id: &&String| !leaving.iter().any(|leaving| id.parse() == Ok(*leaving));
    if let Some(missing) = asked.iter().find(is_missing) {
        let group = group.id;
        let why =
            format!("Cannot remove volume {missing} from group {group} because it is not in the group.");
        return Err(Refusal::InvalidVolume(why).into());
    }
    Ok(leaving)
}

/// Statuses as Python shows a tuple of words.
fn tuple(statuses: &[VolumeStatus]) -> String {
    let words: Vec<String> = statuses.iter().map(|status| format!("'{status}'")).collect();
    format!("({})", words.join(", "))
}

pub(crate) fn step(operation: &OperationRow) -> Step {
    if operation.phase != APPLY {
        return unknown_phase(operation);
    }
    let Some(id) = group::of_key(&operation.resource) else { return vanished() };
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    let operation = operation.clone();
    Step::Decide(Box::new(move |conn| {
        let Some(group) = store::groups::get(conn, id)? else {
            return Ok((Next::Failed("its group is gone".to_owned()), None));
        };
        let obstacle = match operation.abandoned {
            true => Some(GIVEN_UP.to_owned()),
            false => obstacle(conn, &group, &args)?,
        };
        if let Some(why) = obstacle {
            let detail = Detail::Backend(why.clone());
            set_failed(conn, &operation, &group, GroupStatus::Updating, (Action::GroupUpdate, &detail))?;
            return Ok((Next::Failed(why), None));
        }
        args.add.iter().try_for_each(|volume| store::groups::put(conn, *volume, Some(id)))?;
        args.remove.iter().try_for_each(|volume| store::groups::put(conn, *volume, None))?;
        note_replication(conn, &group, &args)?;
        store::groups::set_status_from(conn, id, &[GroupStatus::Updating], GroupStatus::Available)?;
        Ok((Next::Done, None))
    }))
}

/// In a group that is replicated by itself a volume waits for that; outside it is replicated as its type says.
fn note_replication(conn: &Conn<'_>, group: &Group, args: &Args) -> Result<(), StoreError> {
    if !group::replication::is_by_itself(conn, group)? {
        return Ok(());
    }
    let moved = [(&args.add, Enabled, Disabled), (&args.remove, Disabled, Enabled)];
    for (volumes, from, to) in moved {
        for id in volumes {
            let volume = store::volumes::get(conn, *id)?;
            if volume.is_some_and(|it| it.replication_status.as_deref() == Some(from.as_str())) {
                store::volumes::set_replication_status(conn, *id, to)?;
            }
        }
    }
    Ok(())
}

/// Why a volume that was to join cannot any more. Those that leave may have left already.
fn obstacle(conn: &Conn<'_>, group: &Group, args: &Args) -> Result<Option<String>, StoreError> {
    for id in &args.add {
        let Some(volume) = store::volumes::get(conn, *id)? else {
            return Ok(Some(format!("volume {id} is gone")));
        };
        if let Err(Refused::Refusal(refusal)) = check_joining(group, &volume) {
            return Ok(Some(refusal.to_string()));
        }
    }
    Ok(None)
}
