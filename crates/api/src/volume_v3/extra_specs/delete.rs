//! `DELETE /types/{type_id}/extra_specs/{key}`.

use model::refusal::Noun;
use operations::volume_type::extra_specs::remove;
use wire::Fault;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let id = call.id("type_id", Noun::VolumeType)?;
    let key = call.part("key").to_owned();
    remove(&call.api.desk, &call.requester(), id, key).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
