//! `PUT /group_types/{group_type_id}/group_specs/{key}`.

use model::Metadata;
use model::refusal::Noun;
use operations::group_type::specs::set;
use wire::view::group_types::group_spec;
use wire::{Fault, request};

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let key = call.part("key");
    let value = request::group_types::group_spec(&call.body, key)?;
    let id = call.id("group_type_id", Noun::GroupType)?;
    let new = Metadata::from_iter([(key.to_owned(), value.clone())]);
    set(&call.api.desk, &call.requester(), id, new).await.map_err(fault)?;
    Ok(Reply::json(200, group_spec(key, &value)))
}
