//! Which projects may use a volume type that is not public.

use model::{ProjectId, Refusal, VolumeTypeId};
use store::{Conn, StoreError};

use super::{check_may, find};
use crate::{Desk, Refused, Requester};

/// Lets `project` use it.
///
/// # Errors
/// Not found; a refusal when it is public, or the project may already; or the store's own failure.
pub async fn give(desk: &Desk, who: &Requester, id: VolumeTypeId, project: ProjectId) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        check_private(conn, &who, id)?;
        store::volume_types::allow(conn, id, &project).map_err(|error| match error {
            StoreError::Duplicate(_) => {
                let why = format!("Volume type access for {id} / {project} combination already exists.");
                Refusal::Conflict(why).into()
            }
            other => Refused::from(other),
        })
    })
    .await
}

/// Withdraws what [`give`] gave.
///
/// # Errors
/// Not found; a refusal when it is public; or the store's own failure.
pub async fn withdraw(
    desk: &Desk,
    who: &Requester,
    id: VolumeTypeId,
    project: ProjectId,
) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        check_private(conn, &who, id)?;
        if store::volume_types::disallow(conn, id, &project)? {
            return Ok(());
        }
        let why = format!("Volume type access not found for {id} / {project} combination.");
        Err(Refusal::Absent(why).into())
    })
    .await
}

fn check_private(conn: &Conn<'_>, who: &Requester, id: VolumeTypeId) -> Result<(), Refused> {
    check_may(who)?;
    if find(conn, who, id)?.is_public {
        let why = "Type access modification is not applicable to public volume type.";
        return Err(Refusal::InvalidVolumeType(why.to_owned()).into());
    }
    Ok(())
}
