//! `PUT /group_types/{group_type_id}`.

use model::refusal::Noun;
use operations::group_type::update::accept;
use store::group_types::Edit;
use wire::Fault;
use wire::request::any_type::Update;
use wire::request::group_types::update;
use wire::view::group_types::detail;

use super::shows_specs;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let Update { name, description, is_public } = update(&call.body)?;
    let id = call.id("group_type_id", Noun::GroupType)?;
    let edit = Edit { name, description: description.map(Some), is_public, group_specs: None };
    let changed = accept(&call.api.desk, &call.requester(), id, edit).await.map_err(fault)?;
    Ok(Reply::json(200, detail(&changed, shows_specs(&call))))
}
