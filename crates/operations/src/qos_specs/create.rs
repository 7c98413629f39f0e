//! New QoS specs.

use model::qos::{QosConsumer, QosSpecs};
use model::{Metadata, QosSpecsId, Refusal};
use store::StoreError;

use crate::{Desk, Refused, Requester};

/// What they shall be.
#[derive(Debug, Clone)]
pub struct Create {
    /// Unique name.
    pub name: String,
    /// Who enforces them.
    pub consumer: QosConsumer,
    /// The limits.
    pub specs: Metadata,
}

/// Makes them.
///
/// # Errors
/// A conflict when the name is taken; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, new: Create) -> Result<QosSpecs, Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        (who.may)(&who.project_id, &who.user_id)?;
        let made = QosSpecs {
            id: QosSpecsId::random(),
            name: new.name,
            consumer: new.consumer,
            specs: new.specs,
            created_at: conn.now(),
            updated_at: None,
        };
        store::qos_specs::insert(conn, &made).map_err(|error| match error {
            StoreError::Duplicate(_) => {
                Refusal::Conflict(format!("QoS Specs {} already exists.", made.name)).into()
            }
            other => Refused::from(other),
        })?;
        Ok(made)
    })
    .await
}
