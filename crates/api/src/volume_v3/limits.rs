//! `GET /limits`.

use std::sync::Arc;

use auth::policy::VolumeRule;
use model::ProjectId;
use model::quota::Counted;
use operations::quota_set::{Quota, of_project};
use wire::Fault;
use wire::query::small::project_of_limits;
use wire::view::limits::Limits;
use wire::view::quotas::Usage;

use super::Call;
use super::call::store_fault;
use crate::http::Reply;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let params = call.params()?;
    let project = project_of_limits(&params, &call.asker()).map_or_else(|| call.project_id(), ProjectId::new);
    let settings = Arc::clone(&call.api.desk.settings);
    let read = call.api.desk.store.read(move |conn| of_project(conn, &settings, &project));
    let quotas = read.await.map_err(|error| store_fault(&error))?;
    let limits = Limits {
        volumes: usage(&quotas, Counted::Volumes),
        snapshots: usage(&quotas, Counted::Snapshots),
        gigabytes: usage(&quotas, Counted::Gigabytes),
        backups: usage(&quotas, Counted::Backups),
        backup_gigabytes: usage(&quotas, Counted::BackupGigabytes),
    };
    Ok(Reply::json(200, limits.to_json(call.allows_caller(VolumeRule::LimitsUsed))))
}

fn usage(quotas: &[Quota], counted: Counted) -> Usage {
    let found = quotas.iter().find(|quota| quota.name == counted.as_str());
    found.map_or_else(Usage::default, |quota| Usage { limit: quota.limit, in_use: quota.in_use, reserved: 0 })
}
