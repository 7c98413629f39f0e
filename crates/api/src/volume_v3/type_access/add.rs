//! `POST /types/{type_id}/action` with `addProjectAccess`.

use model::refusal::Noun;
use operations::volume_type::access::give;
use wire::Fault;
use wire::request::type_actions::TypeAction;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let TypeAction::AddProjectAccess(project) = TypeAction::parse(&call.body)? else {
        return Err(Fault::malformed_body());
    };
    let id = call.id("type_id", Noun::VolumeType)?;
    give(&call.api.desk, &call.requester(), id, project).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
