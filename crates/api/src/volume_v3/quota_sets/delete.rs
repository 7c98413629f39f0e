//! `DELETE /os-quota-sets/{target_project_id}`.

use operations::quota_set::delete::accept;
use wire::Fault;

use super::target;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    accept(&call.api.desk, &call.requester(), target(&call)).await.map_err(fault)?;
    Ok(Reply::empty(200))
}
