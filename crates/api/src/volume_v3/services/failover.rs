//! `PUT /os-services/failover_host` and `/os-services/failover`.

use auth::policy::VolumeRule;
use operations::service::failover::accept;
use wire::Fault;
use wire::request::services::Failover;

use super::freeze::meant;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

/// Both the rule of changing services and that of the verb have to hold.
pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let asked = Failover::parse(&call.body, call.version)?;
    call.require(VolumeRule::ServicesUpdate)?;
    let who = call.requester_by(Some(VolumeRule::VolumeFailoverHost));
    let target = meant(asked.target);
    accept(&call.api.desk, &who, target, asked.backend_id).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
