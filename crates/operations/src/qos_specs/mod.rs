//! What can be done to QoS specs. They are rows and nothing else: all of it is done when the request returns.

pub mod associate;
pub mod create;
pub mod delete;
pub mod edit;

use model::qos::QosSpecs;
use model::refusal::Noun;
use model::{QosSpecsId, Refusal};
use store::Conn;

use crate::{Refused, Requester};

/// The specs that a request is about: there, and not forbidden. They belong to no project, so the rule is asked about
/// the caller.
fn find(conn: &Conn<'_>, who: &Requester, id: QosSpecsId) -> Result<QosSpecs, Refused> {
    (who.may)(&who.project_id, &who.user_id)?;
    store::qos_specs::get(conn, id)?.ok_or_else(|| Refusal::not_found(Noun::QosSpecs, id).into())
}
