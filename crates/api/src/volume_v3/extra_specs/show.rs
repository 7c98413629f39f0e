//! `GET /types/{type_id}/extra_specs/{key}`.

use auth::policy::VolumeRule;
use operations::volume_type::extra_specs::missing;
use wire::Fault;
use wire::fault::echo;
use wire::view::types::{ExtraSpecs, USER_VISIBLE_EXTRA_SPECS, extra_spec};

use super::visible;
use crate::http::Reply;
use crate::volume_v3::{Call, types};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::TypesExtraSpecsShow)?;
    let found = types::load(&call).await?;
    let key = call.part("key");
    let may_see = visible(&call) == ExtraSpecs::All || USER_VISIBLE_EXTRA_SPECS.contains(&key);
    let value = found.extra_specs.get(key).filter(|_| may_see);
    let value = value.ok_or_else(|| missing(found.id, &echo(key)))?;
    Ok(Reply::json(200, extra_spec(key, value)))
}
