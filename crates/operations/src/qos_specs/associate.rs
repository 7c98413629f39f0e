//! Which volume types have which QoS specs.

use model::refusal::Noun;
use model::{QosSpecsId, Refusal, VolumeType, VolumeTypeId};
use store::Conn;

use super::find;
use crate::{Desk, Refused, Requester};

/// Identifiers and names of the volume types that are associated with the specs.
///
/// # Errors
/// Not found; or the store's own failure.
pub fn list(
    conn: &Conn<'_>,
    who: &Requester,
    id: QosSpecsId,
) -> Result<Vec<(VolumeTypeId, String)>, Refused> {
    find(conn, who, id)?;
    Ok(store::qos_specs::types(conn, id)?)
}

/// Associates the volume type that `asked` names with the specs.
///
/// # Errors
/// Not found; a refusal when the type has others; or the store's own failure.
pub async fn add(desk: &Desk, who: &Requester, id: QosSpecsId, asked: String) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        find(conn, &who, id)?;
        let volume_type = find_type(conn, &asked)?;
        match volume_type.qos_specs_id {
            Some(other) if other != id => {
                let type_id = volume_type.id;
                let why = format!("Type {type_id} is already associated with another qos specs: {other}");
                Err(Refusal::InvalidVolumeType(why).into())
            }
            _ => Ok(store::qos_specs::associate(conn, id, volume_type.id)?),
        }
    })
    .await
}

/// Ends the association of the volume type that `asked` names with the specs, if there is one.
///
/// # Errors
/// Not found; or the store's own failure.
pub async fn remove(desk: &Desk, who: &Requester, id: QosSpecsId, asked: String) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        find(conn, &who, id)?;
        let volume_type = find_type(conn, &asked)?;
        Ok(store::qos_specs::disassociate(conn, id, Some(volume_type.id))?)
    })
    .await
}

/// Ends the association of every volume type with the specs.
///
/// # Errors
/// Not found; or the store's own failure.
pub async fn remove_all(desk: &Desk, who: &Requester, id: QosSpecsId) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        find(conn, &who, id)?;
        Ok(store::qos_specs::disassociate(conn, id, None)?)
    })
    .await
}

fn find_type(conn: &Conn<'_>, asked: &str) -> Result<VolumeType, Refused> {
    let found = match asked.parse() {
        Ok(id) => store::volume_types::get(conn, id)?,
        Err(_) => None,
    };
    found.ok_or_else(|| Refusal::not_found(Noun::VolumeType, asked).into())
}
