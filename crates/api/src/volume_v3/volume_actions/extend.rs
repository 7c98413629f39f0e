//! `os-extend`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::volume::extend::{Askers, accept};
use wire::Fault;
use wire::microversion::gate;
use wire::request::volume_actions::VolumeAction;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let VolumeAction::Extend { new_size_gib } = VolumeAction::parse(&call.body)? else {
        return Err(Fault::malformed_body());
    };
    let id = call.id("volume_id", Noun::Volume)?;
    let attached_too = call.version.has(gate::EXTEND_IN_USE);
    let who = Askers {
        detached: call.requester_of_volume(id, &[VolumeRule::VolumeExtend]),
        attached: attached_too
            .then(|| call.requester_of_volume(id, &[VolumeRule::VolumeExtendAttachedVolume])),
    };
    accept(&call.api.desk, who, id, new_size_gib).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
