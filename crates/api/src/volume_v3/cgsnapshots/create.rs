//! `POST /cgsnapshots`.

use auth::policy::VolumeRule;
use model::Refusal;
use model::refusal::Noun;
use operations::group::Door;
use operations::group_snapshot::create::{Create, accept};
use wire::Fault;
use wire::fault::echo;
use wire::request::consistency_groups::CreateSnapshot;
use wire::view::consistency_groups::snapshot_summary;

use crate::http::Reply;
use crate::volume_v3::call::fault;
use crate::volume_v3::{Call, groups};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let CreateSnapshot { group_id, name, description } = CreateSnapshot::parse(&call.body)?;
    call.require_project()?;
    let group_id = group_id.parse().map_err(|_| Refusal::not_found(Noun::Group, echo(&group_id)))?;
    let who = groups::requester(&call, &[VolumeRule::GroupCreateGroupSnapshot]);
    let request = Create { group_id, name, description };
    let made = accept(&call.api.desk, &who, Door::ConsistencyGroups, request).await.map_err(fault)?;
    Ok(Reply::json(202, snapshot_summary(&made)))
}
