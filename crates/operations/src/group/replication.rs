//! Replication of groups. No driver replicates groups, so every request for it is refused: first for what the types say,
//! as the service does, and then because the backend cannot. Where its backend could be replicated to is told.

use model::{Group, GroupId, Refusal};
use store::Conn;

use crate::service::pools::capabilities_of;
use crate::{Desk, Refused, Requester, group};

/// The extra spec by which volumes of a type are replicated, switched on.
const REPLICATED: &str = "<is> True";

/// Refuses, and says why.
///
/// # Errors
/// Always: a refusal; or the store's own failure.
pub async fn refuse(desk: &Desk, who: &Requester, id: GroupId) -> Result<(), Refused> {
    let who = who.clone();
    desk.store
        .read(move |conn| {
            let group = group::find(conn, &who, id)?;
            check_types(conn, &group)?;
            let backend = group::backend(&group).unwrap_or("none");
            let why = format!("Group {id} cannot be replicated by its backend ({backend}).");
            Err(Refusal::InvalidGroup(why).into())
        })
        .await
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
            check_type(conn, &group)?;
            let Some(backend) = group::backend(&group) else { return Ok(Vec::new()) };
            let reported = capabilities_of(conn, backend)?;
            let targets = reported.get("replication_targets").and_then(serde_json::Value::as_array);
            let names = targets.into_iter().flatten().filter_map(serde_json::Value::as_str);
            Ok(names.map(str::to_owned).collect())
        })
        .await
}

fn check_type(conn: &Conn<'_>, group: &Group) -> Result<(), Refused> {
    let group_type = store::group_types::get(conn, group.group_type_id)?;
    if !group_type.is_some_and(|group_type| group_type.wants_replication()) {
        let why = format!("Group {} is not a replication group type.", group.id);
        return Err(Refusal::InvalidGroupType(why).into());
    }
    Ok(())
}

fn check_types(conn: &Conn<'_>, group: &Group) -> Result<(), Refused> {
    check_type(conn, group)?;
    for id in &group.volume_type_ids {
        let volume_type = store::volume_types::get(conn, *id)?;
        let replicated =
            volume_type.is_some_and(|it| it.extra_specs.get("replication_enabled") == Some(REPLICATED));
        if !replicated {
            let why = format!(
                "Volume type {id} does not have 'replication_enabled' spec key set to '{REPLICATED}'."
            );
            return Err(Refusal::InvalidVolumeType(why).into());
        }
    }
    Ok(())
}
