//! `POST /qos-specs`.

use operations::qos_specs::create::{Create, accept};
use wire::view::qos_specs::one;
use wire::{Fault, request};

use super::links;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let request::qos_specs::Create { name, consumer, specs } = request::qos_specs::Create::parse(&call.body)?;
    let new = Create { name, consumer, specs };
    let made = accept(&call.api.desk, &call.requester(), new).await.map_err(fault)?;
    Ok(Reply::json(200, one(&made, &links(&call))))
}
