//! `POST /types`.

use auth::policy::VolumeRule;
use operations::volume_type::create::{Create, accept};
use wire::view::types::managed;
use wire::{Fault, request};

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let request::types::Create { name, description, extra_specs, is_public } =
        request::types::Create::parse(&call.body)?;
    let new = Create { name, description, is_public, extra_specs };
    let made = accept(&call.api.desk, &call.requester(), new).await.map_err(fault)?;
    Ok(Reply::json(200, managed(&made, call.allows_caller(VolumeRule::VolumeTypeAccess))))
}
