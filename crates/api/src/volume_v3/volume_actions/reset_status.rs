//! `os-reset_status`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::volume::edit::{self, Reset};
use wire::Fault;
use wire::request::volume_actions::VolumeAction;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let VolumeAction::ResetStatus(asked) = VolumeAction::parse(&call.body)? else {
        return Err(Fault::malformed_body());
    };
    let id = call.id("volume_id", Noun::Volume)?;
    let reset = Reset {
        status: asked.status,
        attach_status: asked.attach_status,
        migration_status: asked.migration_status,
    };
    let who = call.requester_by(Some(VolumeRule::VolumeAdminActionsResetStatus));
    edit::reset_status(&call.api.desk, &who, id, reset).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
