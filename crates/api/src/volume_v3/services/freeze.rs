//! `PUT /os-services/freeze` and `/os-services/thaw`.

use auth::policy::VolumeRule;
use operations::service::freeze::accept;
use operations::service::target::Target;
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
    accept(&call.api.desk, &call.requester_by(Some(rule)), meant(target), frozen).await.map_err(fault)?;
    Ok(Reply::empty(200))
}

/// The backend that is meant.
pub(super) fn meant(target: Frozen) -> Target {
    match target {
        Frozen::Host(name) => Target::Host(name),
        Frozen::Cluster(name) => Target::Cluster(name),
    }
}
