//! `DELETE /default-types/{target_project_id}`.

use operations::volume_type::project_default::unset;
use wire::Fault;

use super::{requester, target};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    unset(&call.api.desk, &requester(&call), target(&call)).await.map_err(fault)?;
    Ok(Reply::empty(204))
}
