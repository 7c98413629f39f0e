//! `POST /consistencygroups/{group_id}/delete`.

use operations::group::Door;
use wire::{Fault, request};

use crate::http::Reply;
use crate::volume_v3::{Call, groups};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let force = request::consistency_groups::delete(&call.body)?;
    groups::actions::remove(call, Door::ConsistencyGroups, force).await
}
