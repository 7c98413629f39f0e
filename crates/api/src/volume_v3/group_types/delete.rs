//! `DELETE /group_types/{group_type_id}`.

use model::refusal::Noun;
use operations::group_type::delete::accept;
use wire::Fault;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let id = call.id("group_type_id", Noun::GroupType)?;
    accept(&call.api.desk, &call.requester(), id).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
