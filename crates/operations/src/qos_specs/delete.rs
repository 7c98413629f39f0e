//! Removing QoS specs.

use model::{QosSpecsId, Refusal};

use super::find;
use crate::{Desk, Refused, Requester};

/// Removes them; from the volume types that are associated with them too when forced.
///
/// # Errors
/// Not found; a refusal when a volume type is associated with them; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: QosSpecsId, force: bool) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        find(conn, &who, id)?;
        if !force && !store::qos_specs::types(conn, id)?.is_empty() {
            return Err(Refusal::BadRequest("Qos specs still in use.".to_owned()).into());
        }
        store::qos_specs::disassociate(conn, id, None)?;
        Ok(store::qos_specs::remove(conn, id)?)
    })
    .await
}
