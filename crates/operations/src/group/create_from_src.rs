//! A new group with copies of the volumes of another, or with the content of a snapshot of one.
//!
//! ```text
//! accept ──▶ volumes ──▶ available
//!              │ one could not be made
//!              ▼
//!            error
//! ```
//!
//! Each volume is made by an operation of its own, admitted together with this one, on the backend of its source.

use ledger::{Next, Step};
use model::message::Action;
use model::refusal::Noun;
use model::service::ReplicationStatus;
use model::{
    Group, GroupId, GroupSnapshot, GroupSnapshotId, GroupStatus, Refusal, Volume, VolumeId, VolumeStatus,
};
use store::operations::{self, OperationRow};
use store::{Conn, StoreError};

use super::{Door, set_failed};
use crate::failure::{self, GIVEN_UP, unknown_phase, vanished};
use crate::messages::Detail;
use crate::quota::Limits;
use crate::volume::create::{Sources, admit_copy};
use crate::{Desk, Refused, Requester, SCHEDULER_QUEUE, Settings, group, group_snapshot, volume};

pub(crate) const KIND: &str = "group.create_from_src";

/// Waiting for its volumes.
const VOLUMES: &str = "volumes";

/// What a group can be made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A snapshot of a group.
    GroupSnapshot(GroupSnapshotId),
    /// A group.
    Group(GroupId),
}

/// A request for a group made from another.
#[derive(Debug, Clone)]
pub struct Create {
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// From what.
    pub source: Source,
}

/// Accepts a request for a group made from another. It and its volumes are `creating` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, door: Door, request: Create) -> Result<Group, Refused> {
    let who = who.clone();
    let accepted = desk.admit(move |conn, settings| admit(conn, settings, &who, door, request)).await?;
    desk.hints.give(SCHEDULER_QUEUE);
    Ok(accepted)
}

/// The source as admission sees it.
struct Origin {
    group: Group,
    snapshot: Option<GroupSnapshot>,
    /// What each of the new volumes is made from.
    sources: Vec<Sources>,
}

impl Origin {
    fn find(conn: &Conn<'_>, who: &Requester, source: Source) -> Result<Self, Refused> {
        match source {
            Source::GroupSnapshot(id) => {
                let snapshot = group_snapshot::find(conn, who, id)?;
                let parts = store::group_snapshots::parts(conn, id)?;
                let sources = parts.iter().map(|part| Sources::of_snapshot(part.id)).collect();
                let group = store::groups::get(conn, snapshot.group_id)?
                    .ok_or_else(|| Refusal::not_found(Noun::Group, snapshot.group_id))?;
                Ok(Self { group, snapshot: Some(snapshot), sources })
            }
            Source::Group(id) => {
                let group = group::find(conn, who, id)?;
                let members = store::groups::volume_ids(conn, id)?;
                let sources = members.into_iter().map(Sources::of_volume).collect();
                Ok(Self { group, snapshot: None, sources })
            }
        }
    }
}

fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    door: Door,
    request: Create,
) -> Result<Group, Refused> {
    let origin = Origin::find(conn, who, request.source)?;
    door.check(conn, origin.group.group_type_id)?;
    (who.may)(&who.project_id, &who.user_id)?;
    Limits::read(conn, &who.project_id)?.check_one_more_group(conn, settings, &who.project_id)?;
    let group = row(conn, who, request, &origin);
    let Some(host) = group::backend(&group) else {
        return Err(Refusal::InvalidGroup(format!("No valid host to create group {}.", group.id)).into());
    };
    volume::check_backend_not_frozen(conn, host)?;
    if origin.sources.is_empty() {
        let what = if origin.snapshot.is_some() { "Group snapshot" } else { "Source Group" };
        let why = format!("{what} is empty. No group will be created.");
        return Err(Refusal::InvalidGroup(why).into());
    }
    store::groups::insert(conn, &group)?;
    for sources in origin.sources {
        admit_copy(conn, settings, who, &group, sources)?;
    }
    operations::admit(conn, &who.operation(KIND, group::key(group.id), SCHEDULER_QUEUE.to_owned(), VOLUMES))?;
    Ok(group)
}

fn row(conn: &Conn<'_>, who: &Requester, request: Create, origin: &Origin) -> Group {
    let from = &origin.group;
    Group {
        id: GroupId::random(),
        project_id: who.project_id.clone(),
        user_id: who.user_id.clone(),
        name: request.name,
        description: request.description,
        status: GroupStatus::Creating,
        availability_zone: from.availability_zone.clone(),
        host: from.host.clone(),
        group_type_id: from.group_type_id,
        group_snapshot_id: origin.snapshot.as_ref().map(|snapshot| snapshot.id),
        source_group_id: origin.snapshot.is_none().then_some(from.id),
        replication_status: ReplicationStatus::Disabled,
        active_backend_id: None,
        volume_type_ids: from.volume_type_ids.clone(),
        created_at: conn.now(),
        updated_at: None,
    }
}

pub(crate) fn step(operation: &OperationRow) -> Step {
    if operation.phase != VOLUMES {
        return unknown_phase(operation);
    }
    let Some(id) = group::of_key(&operation.resource) else { return vanished() };
    let operation = operation.clone();
    Step::Decide(Box::new(move |conn| {
        let Some(group) = store::groups::get(conn, id)? else {
            return Ok((Next::Failed("its group is gone".to_owned()), None));
        };
        if operation.abandoned {
            return fail(conn, &operation, &group, GIVEN_UP.to_owned());
        }
        let volumes = store::groups::volumes(conn, id)?;
        for volume in &volumes {
            if operations::is_pending(conn, &volume::key(volume.id))? {
                return Ok((failure::wait(conn, operation.created_at, "its volumes"), None));
            }
        }
        let failed: Vec<VolumeId> = volumes.iter().filter(|it| is_failed(it)).map(|it| it.id).collect();
        if failed.is_empty() {
            store::groups::set_status_from(conn, id, &[GroupStatus::Creating], GroupStatus::Available)?;
            return Ok((Next::Done, None));
        }
        let (count, all) = (failed.len(), volumes.len());
        let listed: Vec<String> = failed.iter().map(ToString::to_string).collect();
        fail(
            conn,
            &operation,
            &group,
            format!("{count} of its {all} volumes could not be made: {}", listed.join(", ")),
        )
    }))
}

fn is_failed(volume: &Volume) -> bool {
    matches!(volume.status, VolumeStatus::Error | VolumeStatus::Creating)
}

fn fail(
    conn: &Conn<'_>,
    operation: &OperationRow,
    group: &Group,
    why: String,
) -> Result<(Next, Option<String>), StoreError> {
    let detail = Detail::Backend(why.clone());
    set_failed(conn, operation, group, GroupStatus::Creating, (Action::GroupCreate, &detail))?;
    Ok((Next::Failed(why), None))
}
