//! `GET /types/{type_id}/extra_specs`.

use auth::policy::VolumeRule;
use wire::Fault;
use wire::view::types::extra_specs;

use super::visible;
use crate::http::Reply;
use crate::volume_v3::{Call, types};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::TypesExtraSpecsIndex)?;
    let found = types::load(&call).await?;
    Ok(Reply::json(200, extra_specs(&found.extra_specs, visible(&call))))
}
