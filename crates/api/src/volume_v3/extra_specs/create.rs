//! `POST /types/{type_id}/extra_specs`.

use model::refusal::Noun;
use operations::volume_type::extra_specs::set;
use wire::view::types::{ExtraSpecs, extra_specs};
use wire::{Fault, request};

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

/// The answer repeats what was asked for.
pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let new = request::types::extra_specs(&call.body)?;
    let id = call.id("type_id", Noun::VolumeType)?;
    set(&call.api.desk, &call.requester(), id, new.clone()).await.map_err(fault)?;
    Ok(Reply::json(200, extra_specs(&new, ExtraSpecs::All)))
}
