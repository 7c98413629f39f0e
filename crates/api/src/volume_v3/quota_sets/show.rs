//! `GET /os-quota-sets/{target_project_id}`.

use std::sync::Arc;

use operations::quota_set::of_project;
use wire::Fault;
use wire::query::small::quota_usage;
use wire::view::quotas::{self, Set, Usage, usages};

use super::{limits, require_show, target};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::store_fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let project = target(&call);
    require_show(&call, &project)?;
    let with_usage = quota_usage(&call.params()?)?;
    let (settings, of) = (Arc::clone(&call.api.desk.settings), project.clone());
    let read = call.api.desk.store.read(move |conn| of_project(conn, &settings, &of));
    let found = read.await.map_err(|error| store_fault(&error))?;
    let set = Set::Project(Some(project.as_str()));
    Ok(Reply::json(
        200,
        if with_usage {
            let usage = |limit, in_use| Usage { limit, in_use, reserved: 0 };
            usages(set, found.iter().map(|quota| (quota.name.as_str(), usage(quota.limit, quota.in_use))))
        } else {
            quotas::limits(set, limits(&found))
        },
    ))
}
