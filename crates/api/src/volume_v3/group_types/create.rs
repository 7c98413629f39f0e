//! `POST /group_types`.

use operations::group_type::create::{Create, accept};
use wire::view::group_types::detail;
use wire::{Fault, request};

use super::shows_specs;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let request::group_types::Create { name, description, group_specs, is_public } =
        request::group_types::Create::parse(&call.body)?;
    let new = Create { name, description, is_public, group_specs };
    let made = accept(&call.api.desk, &call.requester(), new).await.map_err(fault)?;
    Ok(Reply::json(202, detail(&made, shows_specs(&call))))
}
