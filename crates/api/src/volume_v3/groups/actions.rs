//! `POST /groups/{group_id}/action`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::group::replication::Change;
use operations::group::{Door, delete, edit, replication};
use serde_json::{Value, json};
use wire::Fault;
use wire::request::groups::GroupAction;

use super::requester;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn delete(call: Call) -> Result<Reply, Fault> {
    let GroupAction::Delete { delete_volumes } = GroupAction::parse(&call.body)? else {
        return Err(Fault::malformed());
    };
    remove(call, Door::Groups, delete_volumes).await
}

/// Deletes the group in the path.
pub(in crate::volume_v3) async fn remove(call: Call, door: Door, volumes: bool) -> Result<Reply, Fault> {
    let id = call.id("group_id", Noun::Group)?;
    let who = requester(&call, &[VolumeRule::GroupDelete]);
    delete::accept(&call.api.desk, &who, door, id, volumes).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

pub(crate) async fn reset_status(call: Call) -> Result<Reply, Fault> {
    let GroupAction::ResetStatus(status) = GroupAction::parse(&call.body)? else {
        return Err(Fault::malformed());
    };
    let id = call.id("group_id", Noun::Group)?;
    let who = requester(&call, &[VolumeRule::GroupResetStatus]);
    edit::reset_status(&call.api.desk, &who, id, status).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

pub(crate) async fn list_replication_targets(call: Call) -> Result<Reply, Fault> {
    let GroupAction::ListReplicationTargets = GroupAction::parse(&call.body)? else {
        return Err(Fault::malformed());
    };
    let id = call.id("group_id", Noun::Group)?;
    let who = requester(&call, &[VolumeRule::GroupListReplicationTargets]);
    let targets = replication::targets(&call.api.desk, &who, id).await.map_err(fault)?;
    let targets: Vec<Value> = targets.into_iter().map(|name| json!({"backend_id": name})).collect();
    Ok(Reply::json(200, json!({"replication_targets": targets}).to_string().into_bytes()))
}

pub(crate) async fn enable_replication(call: Call) -> Result<Reply, Fault> {
    replicate(call, &[VolumeRule::GroupEnableReplication]).await
}

pub(crate) async fn disable_replication(call: Call) -> Result<Reply, Fault> {
    replicate(call, &[VolumeRule::GroupDisableReplication]).await
}

pub(crate) async fn failover_replication(call: Call) -> Result<Reply, Fault> {
    replicate(call, &[VolumeRule::GroupFailoverReplication]).await
}

async fn replicate(call: Call, rules: &[VolumeRule]) -> Result<Reply, Fault> {
    let change = match GroupAction::parse(&call.body)? {
        GroupAction::EnableReplication => Change::Enable,
        GroupAction::DisableReplication => Change::Disable,
        GroupAction::FailoverReplication { allow_attached_volume, secondary_backend_id } => {
            Change::FailOver { backend_id: secondary_backend_id, attached_too: allow_attached_volume }
        }
        _ => return Err(Fault::malformed()),
    };
    let id = call.id("group_id", Noun::Group)?;
    let who = requester(&call, rules);
    replication::accept(&call.api.desk, &who, id, change).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
