//! `PUT /consistencygroups/{group_id}` and `PUT /consistencygroups/{group_id}/update`.

use operations::group::Door;
use wire::{Fault, request};

use crate::http::Reply;
use crate::volume_v3::{Call, groups};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let asked = request::consistency_groups::update(&call.body, call.version)?;
    groups::update::change(call, asked, Door::ConsistencyGroups).await
}
