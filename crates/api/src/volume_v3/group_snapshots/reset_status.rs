//! `POST /group_snapshots/{group_snapshot_id}/action` with `reset_status`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::group_snapshot::edit;
use wire::{Fault, request};

use super::requester;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let status = request::group_snapshots::reset_status(&call.body)?;
    let id = call.id("group_snapshot_id", Noun::GroupSnapshot)?;
    let who = requester(&call, &[VolumeRule::GroupResetGroupSnapshotStatus]);
    edit::reset_status(&call.api.desk, &who, id, status).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
