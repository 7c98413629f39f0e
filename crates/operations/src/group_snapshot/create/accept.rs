//! Admission of a group snapshot: the rows of it and of all its parts, in one transaction.

use model::quota::Counted;
use model::refusal::Noun;
use model::{
    Group, GroupId, GroupSnapshot, GroupSnapshotId, GroupSnapshotStatus, GroupStatus, Metadata, Refusal,
    Snapshot, Volume, VolumeStatus,
};
use store::Conn;
use store::operations::{self, NewOperation};

use super::{Args, ROOM};
use crate::group::Door;
use crate::quota::{Ask, Limits, gib};
use crate::{Desk, Refused, Requester, SCHEDULER_QUEUE, Settings, group, group_snapshot, snapshot, volume};

pub(crate) const KIND: &str = "group_snapshot.create";

const EMPTY: &str = "Source group cannot be empty or in 'creating' or 'updating' state. No group snapshot will be \
                     created.";

/// A request for a snapshot of a group.
#[derive(Debug, Clone)]
pub struct Create {
    /// The group.
    pub group_id: GroupId,
    /// Display name of it and of its parts.
    pub name: Option<String>,
    /// Free text of it and of its parts.
    pub description: Option<String>,
}

/// Accepts a request for a snapshot of a group. It and its parts are `creating` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(
    desk: &Desk,
    who: &Requester,
    door: Door,
    request: Create,
) -> Result<GroupSnapshot, Refused> {
    let who = who.clone();
    let accepted = desk.admit(move |conn, settings| admit(conn, settings, &who, door, request)).await?;
    desk.hints.give(SCHEDULER_QUEUE);
    Ok(accepted)
}

fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    door: Door,
    request: Create,
) -> Result<GroupSnapshot, Refused> {
    let group = group::find(conn, who, request.group_id)?;
    door.check(conn, group.group_type_id)?;
    group::backend(&group).map_or(Ok(()), |host| volume::check_backend_not_frozen(conn, host))?;
    check_not_deleting(&group)?;
    let group_type = store::group_types::get(conn, group.group_type_id)?;
    let detached = group_type.is_some_and(|group_type| group_type.wants_consistency());
    let volumes = store::groups::volumes(conn, group.id)?;
    if volumes.is_empty() || matches!(group.status, GroupStatus::Creating | GroupStatus::Updating) {
        return Err(Refusal::InvalidGroup(EMPTY.to_owned()).into());
    }
    volumes.iter().try_for_each(|volume| check(volume, detached))?;
    let new = row(conn, who, &request, &group);
    store::group_snapshots::insert(conn, &new)?;
    for volume in &volumes {
        insert_part(conn, settings, who, &new, volume)?;
    }
    operations::admit(
        conn,
        &NewOperation {
            args: Args { detached, ..Args::default() }.to_json(),
            reads: volumes.iter().map(|volume| volume::key(volume.id)).collect(),
            ..who.operation(KIND, group_snapshot::key(new.id), SCHEDULER_QUEUE.to_owned(), ROOM)
        },
    )?;
    Ok(new)
}

/// Its volumes are being removed, one by one.
fn check_not_deleting(group: &Group) -> Result<(), Refused> {
    if group.status == GroupStatus::Deleting {
        let (id, now) = (group.id, group.status);
        let why = format!("Group {id} cannot be snapshot: its current status is {now}.");
        return Err(Refusal::InvalidGroup(why).into());
    }
    Ok(())
}

fn check(volume: &Volume, detached: bool) -> Result<(), Refused> {
    snapshot::create::check(volume, true)?;
    if detached && volume.status != VolumeStatus::Available {
        let (id, now) = (volume.id, volume.status);
        let why = format!(
            "Volume {id} status must be available for a consistent snapshot of its group, but current status is: {now}."
        );
        return Err(Refusal::InvalidVolume(why).into());
    }
    Ok(())
}

fn row(conn: &Conn<'_>, who: &Requester, request: &Create, group: &Group) -> GroupSnapshot {
    GroupSnapshot {
        id: GroupSnapshotId::random(),
        group_id: group.id,
        project_id: who.project_id.clone(),
        user_id: who.user_id.clone(),
        name: request.name.clone(),
        description: request.description.clone(),
        status: GroupSnapshotStatus::Creating,
        group_type_id: group.group_type_id,
        created_at: conn.now(),
        updated_at: None,
    }
}

fn insert_part(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    whole: &GroupSnapshot,
    volume: &Volume,
) -> Result<(), Refused> {
    let request = snapshot::create::Create {
        volume_id: volume.id,
        name: whole.name.clone(),
        description: whole.description.clone(),
        metadata: Metadata::default(),
        attached_too: true,
    };
    let part = Snapshot {
        group_snapshot_id: Some(whole.id),
        ..snapshot::create::row(conn, settings, who, request, volume)
    };
    let volume_type = store::volume_types::get(conn, volume.volume_type_id)?
        .ok_or_else(|| Refusal::not_found(Noun::VolumeType, volume.volume_type_id))?;
    let asks = [
        Ask { counted: Counted::Gigabytes, amount: gib(part.charged_gib) },
        Ask { counted: Counted::Snapshots, amount: 1 },
    ];
    Limits::read(conn, &who.project_id)?.check(conn, settings, &who.project_id, &volume_type, &asks)?;
    Ok(store::snapshots::insert(conn, &part)?)
}
