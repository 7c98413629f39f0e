//! `GET /volume-transfers/{transfer_id}`, and the same below `/os-volume-transfer`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use wire::Fault;

use super::{detail, links};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::VolumeGetTransfer)?;
    let id = call.id("transfer_id", Noun::Transfer)?;
    let who = call.requester();
    let found = call.api.desk.store.read(move |conn| operations::transfer::find(conn, &who, id));
    let transfer = found.await.map_err(fault)?;
    Ok(Reply::json(200, detail(&call, &links(&call)).one(&transfer)))
}
