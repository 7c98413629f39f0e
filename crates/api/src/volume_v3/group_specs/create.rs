//! `POST /group_types/{group_type_id}/group_specs`.

use model::refusal::Noun;
use operations::group_type::specs::set;
use wire::view::group_types::group_specs;
use wire::{Fault, request};

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

/// The answer repeats what was asked for.
pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let new = request::group_types::group_specs(&call.body)?;
    let id = call.id("group_type_id", Noun::GroupType)?;
    set(&call.api.desk, &call.requester(), id, new.clone()).await.map_err(fault)?;
    Ok(Reply::json(202, group_specs(&new)))
}
