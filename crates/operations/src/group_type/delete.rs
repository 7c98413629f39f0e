//! Removing a group type that no group has.

use model::{GroupTypeId, Refusal};

use super::{check_may, find};
use crate::{Desk, Refused, Requester};

/// Removes it.
///
/// # Errors
/// Not found; a refusal when a group has it; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: GroupTypeId) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        check_may(&who)?;
        find(conn, &who, id)?;
        if store::groups::any_of_type(conn, id)? {
            let why = format!(
                "Target group type is still in use. Group Type {id} deletion is not allowed with groups present with \
                 the type."
            );
            return Err(Refusal::BadRequest(why).into());
        }
        Ok(store::group_types::remove(conn, id)?)
    })
    .await
}
