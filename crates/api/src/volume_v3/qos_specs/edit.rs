//! `PUT /qos-specs/{qos_id}` and `PUT /qos-specs/{qos_id}/delete_keys`.

use operations::qos_specs::edit;
use wire::view::qos_specs::set as shown;
use wire::{Fault, request};

use super::id;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

/// The answer repeats what was asked for.
pub(crate) async fn set(call: Call) -> Result<Reply, Fault> {
    let request::qos_specs::Set { consumer, specs, asked } = request::qos_specs::Set::parse(&call.body)?;
    edit::set(&call.api.desk, &call.requester(), id(&call)?, consumer, specs).await.map_err(fault)?;
    Ok(Reply::json(200, shown(&asked)))
}

pub(crate) async fn unset(call: Call) -> Result<Reply, Fault> {
    let keys = request::qos_specs::keys(&call.body)?;
    edit::unset(&call.api.desk, &call.requester(), id(&call)?, keys).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
