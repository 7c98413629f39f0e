//! `PUT /clusters/enable` and `/disable`.

use auth::policy::VolumeRule;
use operations::service::switch::{Switch, cluster};
use wire::Fault;
use wire::request::clusters::SwitchCluster;

use super::{find, view};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn enable(call: Call) -> Result<Reply, Fault> {
    let asked = SwitchCluster::parse(&call.body, false)?;
    set(&call, asked, Switch::On).await
}

pub(crate) async fn disable(call: Call) -> Result<Reply, Fault> {
    let asked = SwitchCluster::parse(&call.body, true)?;
    let reason = asked.disabled_reason.clone();
    set(&call, asked, Switch::Off(reason)).await
}

async fn set(call: &Call, asked: SwitchCluster, switch: Switch) -> Result<Reply, Fault> {
    let who = call.requester_by(Some(VolumeRule::ClustersUpdate));
    let (name, binary) = (asked.name.clone(), asked.binary.clone());
    cluster(&call.api.desk, &who, name, binary, switch).await.map_err(fault)?;
    let (changed, now) = find(call, &asked.name, &asked.binary).await?;
    Ok(Reply::json(200, view(call, &changed, now).switched(call.version)))
}
