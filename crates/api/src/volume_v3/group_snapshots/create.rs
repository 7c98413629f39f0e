//! `POST /group_snapshots`.

use auth::policy::VolumeRule;
use operations::group::Door;
use operations::group_snapshot::create::{Create, accept};
use wire::view::group_snapshots::made;
use wire::{Fault, request};

use crate::http::Reply;
use crate::volume_v3::call::fault;
use crate::volume_v3::{Call, groups};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let request::group_snapshots::Create { group_id, name, description } =
        request::group_snapshots::Create::parse(&call.body)?;
    call.require_project()?;
    let who = groups::requester(&call, &[VolumeRule::GroupCreateGroupSnapshot]);
    let request = Create { group_id, name, description };
    let snapshot = accept(&call.api.desk, &who, Door::GroupSnapshots, request).await.map_err(fault)?;
    Ok(Reply::json(202, made(&snapshot)))
}
