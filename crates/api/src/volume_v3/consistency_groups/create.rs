//! `POST /consistencygroups`.

use operations::group::create::{Create, accept};
use wire::view::consistency_groups::summary;
use wire::{Fault, request};

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let request::consistency_groups::Create { name, description, volume_types, availability_zone } =
        request::consistency_groups::Create::parse(&call.body)?;
    call.require_project()?;
    let request = Create { name, description, group_type: None, volume_types, availability_zone };
    let made = accept(&call.api.desk, &call.requester(), request).await.map_err(fault)?;
    Ok(Reply::json(202, summary(&made)))
}
