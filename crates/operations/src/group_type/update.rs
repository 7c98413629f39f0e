//! Another name, description or visibility for a group type.

use model::{GroupType, GroupTypeId};
use store::group_types::Edit;

use super::{check_may, find, taken};
use crate::{Desk, Refused, Requester};

/// Changes it.
///
/// # Errors
/// Not found; a conflict when the name is taken; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: GroupTypeId, edit: Edit) -> Result<GroupType, Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        check_may(&who)?;
        let before = find(conn, &who, id)?;
        let name = edit.name.as_deref().unwrap_or(&before.name);
        store::group_types::edit(conn, id, &edit).map_err(taken(name))?;
        find(conn, &who, id)
    })
    .await
}
