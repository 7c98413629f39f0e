//! Extra specs of a volume type that no volume has yet: changing them under a volume would make it a lie.

use model::{Metadata, Refusal, VolumeTypeId};
use store::volume_types::Edit;
use store::{Conn, StoreError};

use super::{check_may, find};
use crate::{Desk, Refused, Requester};

/// The value of an extra spec that switches something on.
const SWITCHED_ON: &str = "<is> True";

/// Sets pairs; others stay.
///
/// # Errors
/// Not found; a refusal when the type is in use or the specs exclude each other; or the store's own failure.
pub async fn set(desk: &Desk, who: &Requester, id: VolumeTypeId, new: Metadata) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        let specs = unused_specs(conn, &who, id)?;
        let specs: Metadata = specs.0.into_iter().chain(new.0).collect();
        let is_on = |key| specs.get(key) == Some(SWITCHED_ON);
        if is_on("multiattach") && is_on("cacheable") {
            let why = "cacheable cannot be set with multiattach.";
            return Err(Refusal::BadRequest(why.to_owned()).into());
        }
        Ok(write(conn, id, specs)?)
    })
    .await
}

/// Removes one pair.
///
/// # Errors
/// Not found; a refusal when the type is in use; or the store's own failure.
pub async fn remove(desk: &Desk, who: &Requester, id: VolumeTypeId, key: String) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        let mut specs = unused_specs(conn, &who, id)?;
        specs.0.remove(&key).ok_or_else(|| missing(id, &key))?;
        Ok(write(conn, id, specs)?)
    })
    .await
}

/// The refusal for a key that the type does not have.
#[must_use]
pub fn missing(id: VolumeTypeId, key: &str) -> Refusal {
    Refusal::Absent(format!("Volume Type {id} has no extra specs with key {key}."))
}

fn unused_specs(conn: &Conn<'_>, who: &Requester, id: VolumeTypeId) -> Result<Metadata, Refused> {
    check_may(who)?;
    let found = find(conn, who, id)?;
    if store::volumes::any_of_type(conn, id)? {
        return Err(Refusal::BadRequest("Volume Type is currently in use.".to_owned()).into());
    }
    Ok(found.extra_specs)
}

fn write(conn: &Conn<'_>, id: VolumeTypeId, specs: Metadata) -> Result<(), StoreError> {
    store::volume_types::edit(conn, id, &Edit { extra_specs: Some(specs), ..Edit::default() })
}
