//! `os-retype`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::volume::retype::{Retype, accept};
use wire::Fault;
use wire::request::move_actions::MoveAction;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::{fault, forbidden};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let MoveAction::Retype(asked) = MoveAction::parse(&call.body, call.version)? else {
        return Err(Fault::malformed_body());
    };
    let id = call.id("volume_id", Noun::Volume)?;
    let who = call.requester_of_volume(id, &[VolumeRule::VolumeRetype]);
    let may_multiattach = call.allows_caller(VolumeRule::VolumeMultiattach);
    let retype = Retype {
        new_type: asked.new_type,
        may_migrate: asked.may_migrate,
        no_multiattach: (!may_multiattach).then(|| forbidden(VolumeRule::VolumeMultiattach)),
    };
    accept(&call.api.desk, &who, id, retype).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
