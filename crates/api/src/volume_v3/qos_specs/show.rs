//! `GET /qos-specs/{qos_id}`.

use auth::policy::VolumeRule;
use model::Refusal;
use model::refusal::Noun;
use wire::Fault;
use wire::view::qos_specs::one;

use super::{id, links};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::store_fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::QosSpecsManageGet)?;
    let id = id(&call)?;
    let read = call.api.desk.store.read(move |conn| store::qos_specs::get(conn, id));
    let found = read.await.map_err(|error| store_fault(&error))?;
    let specs = found.ok_or_else(|| Refusal::not_found(Noun::QosSpecs, id))?;
    Ok(Reply::json(200, one(&specs, &links(&call))))
}
