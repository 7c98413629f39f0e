//! The older way of attaching: `os-attach`, `os-detach`, `os-reserve`, `os-unreserve`, `os-begin_detaching`,
//! `os-roll_detaching`, `os-initialize_connection`, `os-terminate_connection` and `os-force_detach`.

use auth::policy::VolumeRule;
use model::VolumeId;
use model::refusal::Noun;
use operations::Requester;
use operations::attachment::legacy;
use serde_json::json;
use wire::Fault;
use wire::request::volume_attaching::Attaching;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::attachments::detacher;
use crate::volume_v3::call::fault;

/// The volume, and who asks about it under the route's rule.
fn subject(call: &Call) -> Result<(VolumeId, Requester), Fault> {
    let id = call.id("volume_id", Noun::Volume)?;
    let rules: Vec<VolumeRule> = call.rule.into_iter().collect();
    Ok((id, call.requester_of_volume(id, &rules)))
}

pub(crate) async fn attach(call: Call) -> Result<Reply, Fault> {
    let Attaching::Attach { instance_uuid, host_name, mountpoint, mode } = Attaching::parse(&call.body)?
    else {
        return Err(Fault::malformed_body());
    };
    let (id, who) = subject(&call)?;
    let asked = legacy::Attach { instance_uuid, host_name, mountpoint, mode };
    legacy::attach(&call.api.desk, &who, id, asked).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

pub(crate) async fn detach(call: Call) -> Result<Reply, Fault> {
    let Attaching::Detach { attachment_id } = Attaching::parse(&call.body)? else {
        return Err(Fault::malformed_body());
    };
    let (id, who) = subject(&call)?;
    legacy::detach(&call.api.desk, &who, detacher(&call), id, attachment_id).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

pub(crate) async fn reserve(call: Call) -> Result<Reply, Fault> {
    Attaching::parse(&call.body)?;
    let (id, who) = subject(&call)?;
    legacy::reserve(&call.api.desk, &who, id).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

pub(crate) async fn unreserve(call: Call) -> Result<Reply, Fault> {
    Attaching::parse(&call.body)?;
    let (id, who) = subject(&call)?;
    legacy::unreserve(&call.api.desk, &who, id).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

pub(crate) async fn begin_detaching(call: Call) -> Result<Reply, Fault> {
    Attaching::parse(&call.body)?;
    let (id, who) = subject(&call)?;
    legacy::begin_detaching(&call.api.desk, &who, id).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

pub(crate) async fn roll_detaching(call: Call) -> Result<Reply, Fault> {
    Attaching::parse(&call.body)?;
    let (id, who) = subject(&call)?;
    legacy::roll_detaching(&call.api.desk, &who, id).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

pub(crate) async fn initialize_connection(call: Call) -> Result<Reply, Fault> {
    let Attaching::InitializeConnection(connector) = Attaching::parse(&call.body)? else {
        return Err(Fault::malformed_body());
    };
    let (id, who) = subject(&call)?;
    let info = legacy::initialize_connection(&call.api.desk, &who, id, connector).await.map_err(fault)?;
    Ok(Reply::json(200, json!({"connection_info": info}).to_string().into_bytes()))
}

pub(crate) async fn terminate_connection(call: Call) -> Result<Reply, Fault> {
    let Attaching::TerminateConnection(connector) = Attaching::parse(&call.body)? else {
        return Err(Fault::malformed_body());
    };
    let (id, who) = subject(&call)?;
    legacy::terminate_connection(&call.api.desk, &who, detacher(&call), id, connector)
        .await
        .map_err(fault)?;
    Ok(Reply::empty(202))
}

pub(crate) async fn force_detach(call: Call) -> Result<Reply, Fault> {
    let Attaching::ForceDetach { connector, attachment_id } = Attaching::parse(&call.body)? else {
        return Err(Fault::malformed_body());
    };
    let id = call.id("volume_id", Noun::Volume)?;
    let rules = [
        VolumeRule::VolumeAdminActionsForceDetach,
        VolumeRule::VolumeActionsTerminateConnection,
        VolumeRule::VolumeActionsDetach,
    ];
    let (who, detacher, desk) = (call.requester_of_volume(id, &rules), detacher(&call), &call.api.desk);
    legacy::terminate_connection(desk, &who, detacher, id, connector).await.map_err(fault)?;
    legacy::detach(desk, &who, detacher, id, attachment_id).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

/// `os-extend_volume_completion`.
pub(crate) async fn extend_volume_completion(call: Call) -> Result<Reply, Fault> {
    let Attaching::ExtendCompletion { failed } = Attaching::parse(&call.body)? else {
        return Err(Fault::malformed_body());
    };
    let (id, who) = subject(&call)?;
    operations::volume::extend::complete(&call.api.desk, &who, id, !failed).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
