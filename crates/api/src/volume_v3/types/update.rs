//! `PUT /types/{type_id}`.

use model::refusal::Noun;
use operations::volume_type::update::accept;
use store::volume_types::Edit;
use wire::Fault;
use wire::request::any_type::Update;
use wire::request::types::update;
use wire::view::types::managed;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let Update { name, description, is_public } = update(&call.body)?;
    let id = call.id("type_id", Noun::VolumeType)?;
    let edit = Edit { name, description: description.map(Some), is_public, extra_specs: None };
    let changed = accept(&call.api.desk, &call.requester(), id, edit).await.map_err(fault)?;
    Ok(Reply::json(200, managed(&changed, false)))
}
