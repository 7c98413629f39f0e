//! `GET /types/{type_id}`.

use std::sync::Arc;

use auth::policy::VolumeRule;
use operations::volume_type::default_type;
use wire::Fault;
use wire::view::types::Detail;

use super::{detail, load};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

/// What stands in the path for the type that a volume of the caller's project gets when its request names none.
const DEFAULT: &str = "default";

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::TypeGet)?;
    if call.part("type_id") != DEFAULT {
        let found = load(&call).await?;
        return Ok(Reply::json(200, detail(&call).one(&found)));
    }
    let (settings, who) = (Arc::clone(&call.api.desk.settings), call.requester());
    let read = call.api.desk.store.read(move |conn| default_type(conn, &settings, &who));
    let found = read.await.map_err(fault)?;
    let shown = Detail { access: false, ..detail(&call) };
    Ok(Reply::json(200, shown.one(&found)))
}
