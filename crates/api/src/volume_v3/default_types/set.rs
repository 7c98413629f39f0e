//! `PUT /default-types/{target_project_id}`.

use operations::volume_type::project_default::set;
use wire::Fault;
use wire::request::default_types::volume_type;
use wire::view::default_types;

use super::{check_exists, requester, target};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;
use crate::volume_v3::quota_sets::check_name;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let asked = volume_type(&call.body)?;
    let project = target(&call);
    check_name("project_id", project.as_str())?;
    let who = requester(&call);
    (who.may)(&project, &who.user_id)?;
    check_exists(&call, &project).await?;
    let chosen = set(&call.api.desk, &who, project.clone(), asked).await.map_err(fault)?;
    Ok(Reply::json(200, default_types::one(&project, chosen)))
}
