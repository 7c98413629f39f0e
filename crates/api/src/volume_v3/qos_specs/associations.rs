//! `GET /qos-specs/{qos_id}/associations`, and the three that change them although they are GETs: clients know no others.

use auth::policy::VolumeRule;
use operations::qos_specs::associate;
use wire::Fault;
use wire::view::qos_specs::associations;

use super::id;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::QosSpecsManageGetAll)?;
    let (id, who) = (id(&call)?, call.requester());
    let read = call.api.desk.store.read(move |conn| associate::list(conn, &who, id));
    Ok(Reply::json(200, associations(&read.await.map_err(fault)?)))
}

pub(crate) async fn add(call: Call) -> Result<Reply, Fault> {
    let volume_type = volume_type(&call)?;
    associate::add(&call.api.desk, &call.requester(), id(&call)?, volume_type).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

pub(crate) async fn remove(call: Call) -> Result<Reply, Fault> {
    let volume_type = volume_type(&call)?;
    associate::remove(&call.api.desk, &call.requester(), id(&call)?, volume_type).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

pub(crate) async fn remove_all(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::QosSpecsManageUpdate)?;
    associate::remove_all(&call.api.desk, &call.requester(), id(&call)?).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

fn volume_type(call: &Call) -> Result<String, Fault> {
    call.require(VolumeRule::QosSpecsManageUpdate)?;
    let params = call.params()?;
    let named =
        params.get("vol_type_id").filter(|id| !id.is_empty()).map(|id| wire::fault::echo(id).into_owned());
    named.ok_or_else(|| Fault::bad_request("Volume Type id must not be None."))
}
