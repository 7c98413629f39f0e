//! `GET /group_types/{group_type_id}/group_specs/{key}`.

use auth::policy::VolumeRule;
use model::Refusal;
use wire::Fault;
use wire::fault::echo;
use wire::view::group_types::group_spec;

use crate::http::Reply;
use crate::volume_v3::{Call, group_types};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::GroupTypesSpecsGet)?;
    let found = group_types::load(&call).await?;
    let key = call.part("key");
    let value = found.group_specs.get(key).ok_or_else(|| {
        let (id, key) = (found.id, echo(key));
        Refusal::Absent(format!("Group Type {id} has no extra spec with key {key}."))
    })?;
    Ok(Reply::json(200, group_spec(key, value)))
}
