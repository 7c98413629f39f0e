//! `os-migrate_volume_completion`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::volume::migrate_completion::accept;
use serde_json::json;
use wire::Fault;
use wire::request::move_actions::MoveAction;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let MoveAction::MigrateCompletion(asked) = MoveAction::parse(&call.body, call.version)? else {
        return Err(Fault::malformed_body());
    };
    let id = call.id("volume_id", Noun::Volume)?;
    let who = call.requester_of_volume(id, &[VolumeRule::VolumeAdminActionsMigrateVolumeCompletion]);
    let kept = accept(&call.api.desk, &who, id, asked.new_volume, asked.error).await.map_err(fault)?;
    Ok(Reply::json(200, json!({"save_volume_id": kept.to_string()}).to_string().into_bytes()))
}
