//! `PUT /os-quota-sets/{target_project_id}`.

use operations::quota_set::update::accept;
use wire::Fault;
use wire::request::quotas::of_project;
use wire::view::quotas::{self, Set};

use super::{check_name, known_names, limits, target};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let names = known_names(&call).await?;
    let new = of_project(&call.body, |name| names.iter().any(|known| known == name))?;
    check_name("quota_set_name", call.part("target_project_id"))?;
    let found = accept(&call.api.desk, &call.requester(), target(&call), new).await.map_err(fault)?;
    Ok(Reply::json(200, quotas::limits(Set::Project(None), limits(&found))))
}
