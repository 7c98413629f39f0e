//! `PUT /types/{type_id}/extra_specs/{key}`.

use model::Metadata;
use model::refusal::Noun;
use operations::volume_type::extra_specs::set;
use wire::view::types::extra_spec;
use wire::{Fault, request};

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let key = call.part("key");
    let value = request::types::extra_spec(&call.body, key)?;
    let id = call.id("type_id", Noun::VolumeType)?;
    let new = Metadata::from_iter([(key.to_owned(), value.clone())]);
    set(&call.api.desk, &call.requester(), id, new).await.map_err(fault)?;
    Ok(Reply::json(200, extra_spec(key, &value)))
}
