//! `PUT /os-services/freeze` and `/os-services/thaw`.

use auth::policy::VolumeRule;
use model::Refusal;
use operations::service::freeze::accept;
use wire::Fault;
use wire::request::services::Frozen;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn freeze(call: Call) -> Result<Reply, Fault> {
    set(call, VolumeRule::VolumeFreezeHost, true).await
}

pub(crate) async fn thaw(call: Call) -> Result<Reply, Fault> {
    set(call, VolumeRule::VolumeThawHost, false).await
}

/// Both the rule of changing services and that of the verb have to hold.
async fn set(call: Call, rule: VolumeRule, frozen: bool) -> Result<Reply, Fault> {
    let target = Frozen::parse(&call.body, call.version)?;
    call.require(VolumeRule::ServicesUpdate)?;
    let host = match target {
        Frozen::Host(host) => host,
        Frozen::Cluster(name) => {
            return Err(Refusal::InvalidInput(format!("No service found with cluster={name}")).into());
        }
    };
    accept(&call.api.desk, &call.requester_by(Some(rule)), host, frozen).await.map_err(fault)?;
    Ok(Reply::empty(200))
}
