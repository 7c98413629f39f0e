//! Replication of groups. No driver replicates groups, so every request for it is refused: first for what the types say,
//! as the service does, and then because the backend cannot.

use model::{Group, GroupId, Refusal};
use store::Conn;

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

fn check_types(conn: &Conn<'_>, group: &Group) -> Result<(), Refused> {
    let group_type = store::group_types::get(conn, group.group_type_id)?;
    if !group_type.is_some_and(|group_type| group_type.wants_replication()) {
        let why = format!("Group {} is not a replication group type.", group.id);
        return Err(Refusal::InvalidGroupType(why).into());
    }
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
