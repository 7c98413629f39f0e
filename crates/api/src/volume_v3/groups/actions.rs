//! `POST /groups/{group_id}/action`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
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

/// Nothing replicates groups.
pub(crate) async fn replication(call: Call) -> Result<Reply, Fault> {
    let GroupAction::Replication = GroupAction::parse(&call.body)? else {
        return Err(Fault::malformed());
    };
    let id = call.id("group_id", Noun::Group)?;
    let who = requester(&call, call.rule.as_slice());
    replication::refuse(&call.api.desk, &who, id).await.map_err(fault)?;
    Err(Fault::internal())
}
