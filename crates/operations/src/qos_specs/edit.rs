//! Changing QoS specs. Volumes that are attached keep the limits that they were attached with.

use model::qos::QosConsumer;
use model::{Metadata, QosSpecsId, Refusal};
use store::qos_specs::Edit;

use super::find;
use crate::volume::edit::Merge;
use crate::{Desk, Refused, Requester};

/// Sets limits, and who enforces them; others stay.
///
/// # Errors
/// Not found; a refusal when there would be too many; or the store's own failure.
pub async fn set(
    desk: &Desk,
    who: &Requester,
    id: QosSpecsId,
    consumer: Option<QosConsumer>,
    new: Metadata,
) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        let found = find(conn, &who, id)?;
        let specs = Some(Merge::Add.apply(found.specs, new)?);
        Ok(store::qos_specs::edit(conn, id, &Edit { consumer, specs })?)
    })
    .await
}

/// Removes limits: all of them or, when one is not there, none.
///
/// # Errors
/// Not found; or the store's own failure.
pub async fn unset(desk: &Desk, who: &Requester, id: QosSpecsId, keys: Vec<String>) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        let mut specs = find(conn, &who, id)?.specs;
        for key in &keys {
            let missing = || Refusal::Absent(format!("QoS spec {id} has no spec with key {key}."));
            specs.0.remove(key).ok_or_else(missing)?;
        }
        Ok(store::qos_specs::edit(conn, id, &Edit { specs: Some(specs), ..Edit::default() })?)
    })
    .await
}
