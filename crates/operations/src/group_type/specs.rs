//! Specs of a group type.

use model::{GroupTypeId, Metadata, Refusal};
use store::group_types::Edit;
use store::{Conn, StoreError};

use super::{check_may, find};
use crate::{Desk, Refused, Requester};

/// Sets pairs; others stay.
///
/// # Errors
/// Not found; or the store's own failure.
pub async fn set(desk: &Desk, who: &Requester, id: GroupTypeId, new: Metadata) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        check_may(&who)?;
        let specs = find(conn, &who, id)?.group_specs;
        Ok(write(conn, id, specs.0.into_iter().chain(new.0).collect())?)
    })
    .await
}

/// Removes one pair.
///
/// # Errors
/// Not found; or the store's own failure.
pub async fn remove(desk: &Desk, who: &Requester, id: GroupTypeId, key: String) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        check_may(&who)?;
        let mut specs = find(conn, &who, id)?.group_specs;
        let missing = || Refusal::Absent(format!("Group Type {id} has no specs with key {key}."));
        specs.0.remove(&key).ok_or_else(missing)?;
        Ok(write(conn, id, specs)?)
    })
    .await
}

fn write(conn: &Conn<'_>, id: GroupTypeId, specs: Metadata) -> Result<(), StoreError> {
    store::group_types::edit(conn, id, &Edit { group_specs: Some(specs), ..Edit::default() })
}
