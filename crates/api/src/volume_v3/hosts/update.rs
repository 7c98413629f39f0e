//! `PUT /os-hosts/{host}`.

use auth::policy::VolumeRule;
use operations::service::switch::{Switch, host};
use wire::Fault;
use wire::request::hosts::enabled;
use wire::view::hosts::switched;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let asked = enabled(&call.body)?;
    call.require(VolumeRule::Hosts)?;
    let Some(enabled) = asked else { return Ok(Reply::json(200, b"{}".to_vec())) };
    let name = call.part("host").to_owned();
    let switch = if enabled { Switch::On } else { Switch::Off(None) };
    host(&call.api.desk, &call.requester(), name.clone(), switch).await.map_err(fault)?;
    Ok(Reply::json(200, switched(&name, enabled)))
}
