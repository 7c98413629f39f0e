//! `os-reimage`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::volume::reimage::{Askers, Reimage, accept};
use wire::Fault;
use wire::request::move_actions::MoveAction;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let MoveAction::Reimage { image, reserved_too } = MoveAction::parse(&call.body, call.version)? else {
        return Err(Fault::malformed_body());
    };
    let id = call.id("volume_id", Noun::Volume)?;
    let who = Askers {
        seeing: call.requester_of_volume(id, &[]),
        resting: call.requester_of_volume(id, &[VolumeRule::VolumeReimage]),
        reserved: call.requester_of_volume(id, &[VolumeRule::VolumeReimageReserved]),
    };
    accept(&call.api.desk, who, id, Reimage { image, reserved_too }).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
