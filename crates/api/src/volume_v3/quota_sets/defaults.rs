//! `GET /os-quota-sets/{target_project_id}/defaults`.

use std::sync::Arc;

use operations::quota_set::defaults;
use wire::Fault;
use wire::view::quotas::{self, Set};

use super::{limits, require_show, target};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::store_fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let project = target(&call);
    require_show(&call, &project)?;
    let settings = Arc::clone(&call.api.desk.settings);
    let read = call.api.desk.store.read(move |conn| defaults(conn, &settings));
    let found = read.await.map_err(|error| store_fault(&error))?;
    Ok(Reply::json(200, quotas::limits(Set::Project(Some(project.as_str())), limits(&found))))
}
