//! `GET /group_types/{group_type_id}/group_specs`.

use auth::policy::VolumeRule;
use wire::Fault;
use wire::view::group_types::group_specs;

use crate::http::Reply;
use crate::volume_v3::{Call, group_types};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::GroupTypesSpecsGetAll)?;
    let found = group_types::load(&call).await?;
    Ok(Reply::json(200, group_specs(&found.group_specs)))
}
