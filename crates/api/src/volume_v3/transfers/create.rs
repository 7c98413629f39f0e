//! `POST /volume-transfers` and `POST /os-volume-transfer`.

use operations::transfer::create::{Create, accept};
use wire::microversion::gate;
use wire::{Fault, Microversion, request};

use super::{detail, links};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let version = call.version;
    create(call, version).await
}

/// What the older path is asked for is what it was in 3.0.
pub(crate) async fn handle_old(call: Call) -> Result<Reply, Fault> {
    create(call, Microversion::MIN).await
}

async fn create(call: Call, version: Microversion) -> Result<Reply, Fault> {
    let asked = request::transfers::Create::parse(&call.body, version)?;
    let new = Create {
        volume_id: asked.volume_id,
        name: asked.name,
        no_snapshots: asked.no_snapshots,
        encrypted_too: version.has(gate::ENCRYPTED_TRANSFERS),
    };
    let (transfer, auth_key) = accept(&call.api.desk, &call.requester(), new).await.map_err(fault)?;
    Ok(Reply::json(202, detail(&call, &links(&call)).created(&transfer, &auth_key)))
}
