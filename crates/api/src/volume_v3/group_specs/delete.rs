//! `DELETE /group_types/{group_type_id}/group_specs/{key}`.

use model::refusal::Noun;
use operations::group_type::specs::remove;
use wire::Fault;
use wire::fault::echo;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let id = call.id("group_type_id", Noun::GroupType)?;
    let key = echo(call.part("key")).into_owned();
    remove(&call.api.desk, &call.requester(), id, key).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
