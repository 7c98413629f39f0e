//! Removing a volume type that nothing needs.

use model::{Refusal, VolumeType, VolumeTypeId};
use store::Conn;

use super::{check_may, find};
use crate::{Desk, Refused, Requester, Settings};

/// Removes it, with the limits that are named after it.
///
/// # Errors
/// Not found; a refusal when it is a default type or in use; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: VolumeTypeId) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, settings| {
        check_may(&who)?;
        let unwanted = find(conn, &who, id)?;
        check_dispensable(conn, settings, &unwanted)?;
        store::quotas::forget_type(conn, &unwanted.name)?;
        Ok(store::volume_types::remove(conn, id)?)
    })
    .await
}

fn check_dispensable(conn: &Conn<'_>, settings: &Settings, unwanted: &VolumeType) -> Result<(), Refused> {
    let id = unwanted.id;
    let needed = || {
        let why = format!("The volume type {id} is a default volume type and cannot be deleted.");
        Refusal::BadRequest(why)
    };
    if store::default_types::any_of_type(conn, id)? {
        return Err(needed().into());
    }
    let default = &settings.default_volume_type;
    if store::volume_types::by_name(conn, default)?.is_none() {
        let why =
            format!("The request cannot be fulfilled as the default volume type {default} cannot be found.");
        return Err(Refusal::Unavailable(why).into());
    }
    if unwanted.name == *default {
        return Err(needed().into());
    }
    if store::volumes::any_of_type(conn, id)? || store::groups::any_with_volume_type(conn, id)? {
        return Err(Refusal::BadRequest("Target volume type is still in use.".to_owned()).into());
    }
    Ok(())
}
