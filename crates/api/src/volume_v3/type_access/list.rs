//! `GET /types/{type_id}/os-volume-type-access`.

use auth::policy::VolumeRule;
use wire::Fault;
use wire::view::types::access;

use crate::http::Reply;
use crate::volume_v3::{Call, types};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::VolumeTypeAccessGetAllForType)?;
    let found = types::load(&call).await?;
    if found.is_public {
        return Err(Fault::new(404, "Access list not available for public volume types."));
    }
    Ok(Reply::json(200, access(&found)))
}
