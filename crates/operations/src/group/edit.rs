//! Setting the status of a group by hand.

use model::{GroupId, GroupStatus};

use crate::{Desk, Refused, Requester, group};

/// Sets the status.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn reset_status(
    desk: &Desk,
    who: &Requester,
    id: GroupId,
    status: GroupStatus,
) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        group::find(conn, &who, id)?;
        let edit = store::groups::Edit { status: Some(status), ..Default::default() };
        Ok(store::groups::edit(conn, id, &edit)?)
    })
    .await
}
