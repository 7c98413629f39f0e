//! What is asked of a group before its replication changes.

use model::service::ReplicationStatus::{self, Disabled, Enabled, Error, FailedOver};
use model::{Group, GroupStatus, Refusal, Volume, VolumeStatus};
use store::Conn;

use super::Change;
use crate::service::pools::capabilities_of;
use crate::{Refused, group};

/// The extra spec by which volumes of a type are replicated, switched on.
const REPLICATED: &str = "<is> True";

/// Refuses a group whose types do not ask for replication.
pub(super) fn types(conn: &Conn<'_>, group: &Group) -> Result<(), Refused> {
    if !is_by_itself(conn, group)? {
        let why = format!("Group {} is not a replication group type.", group.id);
        return Err(Refusal::InvalidGroupType(why).into());
    }
    for id in &group.volume_type_ids {
        let volume_type = store::volume_types::get(conn, *id)?;
        if !volume_type.is_some_and(|volume_type| volume_type.is_replicated()) {
            let why = format!(
                "Volume type {id} does not have 'replication_enabled' spec key set to '{REPLICATED}'."
            );
            return Err(Refusal::InvalidVolumeType(why).into());
        }
    }
    Ok(())
}

/// Whether a group is replicated by itself, and not with its backend.
pub(crate) fn is_by_itself(conn: &Conn<'_>, group: &Group) -> Result<bool, store::StoreError> {
    let group_type = store::group_types::get(conn, group.group_type_id)?;
    Ok(group_type.is_some_and(|group_type| group_type.wants_replication()))
}

/// Refuses a group, or a volume of it, that is in no status for the change.
pub(super) fn statuses(group: &Group, volumes: &[Volume], change: &Change) -> Result<(), Refused> {
    let (groups, replications): (&[GroupStatus], &[ReplicationStatus]) = match change {
        Change::Enable => (&[GroupStatus::Available], &[Disabled, Enabled]),
        Change::Disable => (&[GroupStatus::Available, GroupStatus::Error], &[Enabled, Error]),
        Change::FailOver { .. } => (&[GroupStatus::Available], &[Enabled, FailedOver]),
    };
    let what = format!("Group {}", group.id);
    must_be(&what, "status", groups, &group.status, change).map_err(Refusal::InvalidGroup)?;
    must_be(&what, "replication status", replications, &group.replication_status, change)
        .map_err(Refusal::InvalidGroup)?;
    for volume in volumes {
        volume_statuses(volume, replications, change).map_err(Refusal::InvalidVolume)?;
    }
    Ok(())
}

fn volume_statuses(
    volume: &Volume,
    replications: &[ReplicationStatus],
    change: &Change,
) -> Result<(), String> {
    let what = format!("Volume {}", volume.id);
    if *change != Change::Disable {
        let resting = [VolumeStatus::Available, VolumeStatus::InUse];
        must_be(&what, "status", &resting, &volume.status, change)?;
    }
    if let Some(why) = attached(volume, change) {
        return Err(why);
    }
    let now = super::status_of(volume).unwrap_or(Disabled);
    must_be(&what, "replication status", replications, &now, change)
}

/// Why a volume cannot be failed over that a server has.
pub(super) fn attached(volume: &Volume, change: &Change) -> Option<String> {
    let refuses = matches!(change, Change::FailOver { attached_too: false, .. });
    (refuses && volume.status == VolumeStatus::InUse).then(|| {
        let id = volume.id;
        format!("Volume {id} is attached but allow_attached_volume flag is False. Cannot {change}.")
    })
}

fn must_be<W: ToString + PartialEq>(
    what: &str,
    field: &str,
    valid: &[W],
    now: &W,
    change: &Change,
) -> Result<(), String> {
    if valid.contains(now) {
        return Ok(());
    }
    // As Python shows a list of words.
    let words: Vec<String> = valid.iter().map(|word| format!("'{}'", word.to_string())).collect();
    let (valid, now) = (words.join(", "), now.to_string());
    Err(format!("{what} {field} must be [{valid}], but current status is: {now}. Cannot {change}."))
}

/// The backend of a group; refuses one that does not replicate single groups, or has something else to do to this one.
pub(super) fn backend(conn: &Conn<'_>, group: &Group) -> Result<String, Refused> {
    let id = group.id;
    let backend = group::backend(group).unwrap_or("none");
    let able = capabilities_of(conn, backend)?.get("group_replication_enabled") == Some(&true.into());
    if !able {
        let why = format!("Group {id} cannot be replicated by its backend ({backend}).");
        return Err(Refusal::InvalidGroup(why).into());
    }
    if let Some(kind) = store::operations::holder(conn, &group::key(id))? {
        let why = format!("Group {id} is {} while a {kind} of it has not ended.", group.status);
        return Err(Refusal::InvalidGroup(why).into());
    }
    Ok(backend.to_owned())
}
