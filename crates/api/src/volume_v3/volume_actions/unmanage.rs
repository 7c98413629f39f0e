//! `os-unmanage`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::volume::unmanage::accept;
use wire::Fault;
use wire::request::volume_actions::VolumeAction;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    VolumeAction::parse(&call.body)?;
    let id = call.id("volume_id", Noun::Volume)?;
    let who = call.requester_of_volume(id, &[VolumeRule::VolumeUnmanage, VolumeRule::VolumeDelete]);
    accept(&call.api.desk, &who, id).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
