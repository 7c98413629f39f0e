//! `DELETE /group_snapshots/{group_snapshot_id}`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::group::Door;
use operations::group_snapshot::delete::accept;
use wire::Fault;

use super::requester;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    remove(call, Door::GroupSnapshots).await
}

/// Deletes the snapshot in the path.
pub(in crate::volume_v3) async fn remove(call: Call, door: Door) -> Result<Reply, Fault> {
    let id = call.id("group_snapshot_id", Noun::GroupSnapshot)?;
    let who = requester(&call, &[VolumeRule::GroupDeleteGroupSnapshot]);
    accept(&call.api.desk, &who, door, id).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
