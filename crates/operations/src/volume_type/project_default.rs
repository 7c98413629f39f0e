//! The volume type that one project's volumes get when their requests name none.
//!
//! Nobody knows here whether the project exists.

use model::{ProjectId, Refusal, VolumeTypeId};

use super::named;
use crate::{Desk, Refused, Requester};

/// Makes the type that `asked` names, by identifier or name, the default of `project`.
///
/// # Errors
/// A refusal by policy, or when there is no such type; or the store's own failure.
pub async fn set(
    desk: &Desk,
    who: &Requester,
    project: ProjectId,
    asked: String,
) -> Result<VolumeTypeId, Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        (who.may)(&project, &who.user_id)?;
        let id = named(conn, &who, &asked).map_err(in_the_body)?.id;
        store::default_types::set(conn, &project, id)?;
        Ok(id)
    })
    .await
}

/// Takes `project` back to the default of all, if it had one of its own.
///
/// # Errors
/// A refusal by policy; or the store's own failure.
pub async fn unset(desk: &Desk, who: &Requester, project: ProjectId) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        (who.may)(&project, &who.user_id)?;
        Ok(store::default_types::unset(conn, &project)?)
    })
    .await
}

/// What the body names and is not there makes the request a bad one.
fn in_the_body(refused: Refused) -> Refused {
    match refused {
        Refused::Refusal(missing @ Refusal::NotFound { .. }) => {
            Refusal::BadRequest(missing.to_string()).into()
        }
        other => other,
    }
}
