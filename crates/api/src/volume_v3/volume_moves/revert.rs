//! `revert`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::volume::revert::accept;
use wire::Fault;
use wire::request::move_actions::MoveAction;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let MoveAction::Revert { snapshot_id } = MoveAction::parse(&call.body, call.version)? else {
        return Err(Fault::malformed_body());
    };
    let id = call.id("volume_id", Noun::Volume)?;
    let who = call.requester_of_volume(id, &[VolumeRule::VolumeRevertToSnapshot]);
    // It stands in a reply when it is not the latest.
    let snapshot = snapshot_id.map(|named| wire::fault::echo(&named).to_string());
    accept(&call.api.desk, &who, id, snapshot).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
