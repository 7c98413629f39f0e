//! `PUT /snapshots/{snapshot_id}`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::snapshot::edit;
use store::snapshots::Edit;
use wire::Fault;
use wire::request::snapshots::Update;

use super::shown;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let Update { name, description } = Update::parse(&call.body)?;
    let id = call.id("snapshot_id", Noun::Snapshot)?;
    let who = call.requester_of_snapshot(&[VolumeRule::VolumeUpdateSnapshot]);
    let changes = Edit { name, description, ..Edit::default() };
    let snapshot = edit::update(&call.api.desk, &who, id, changes).await.map_err(fault)?;
    Ok(Reply::json(200, shown(&call, &snapshot)))
}
