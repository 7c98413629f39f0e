//! `DELETE /qos-specs/{qos_id}`.

use auth::policy::VolumeRule;
use operations::qos_specs::delete::accept;
use wire::Fault;
use wire::validate::boolean;

use super::id;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::QosSpecsManageDelete)?;
    let force = match call.params()?.get("force") {
        None => false,
        Some(word) => boolean::parameter("force", word)?,
    };
    accept(&call.api.desk, &call.requester(), id(&call)?, force).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
