//! `DELETE /volume-transfers/{transfer_id}`, and the same below `/os-volume-transfer`.

use model::refusal::Noun;
use operations::transfer::delete::accept;
use wire::Fault;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let id = call.id("transfer_id", Noun::Transfer)?;
    accept(&call.api.desk, &call.requester(), id).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
