//! `GET /scheduler-stats/get_pools`.

use auth::policy::VolumeRule;
use operations::service::pools::{self, Wanted};
use serde_json::Value;
use wire::Fault;
use wire::query::pools::PoolQuery;
use wire::view::pools::{PoolView, list};

use super::Call;
use super::call::fault;
use crate::http::Reply;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::SchedulerStatsGetPools)?;
    let PoolQuery { detail, name, volume_type, capabilities } =
        PoolQuery::parse(&call.params()?, &call.asker())?;
    let wanted = Wanted { name, volume_type, capabilities };
    let pools = pools::list(&call.api.desk, wanted).await.map_err(fault)?;
    let pools: Vec<(String, Value)> =
        pools.into_iter().map(|pool| (pool.name, Value::Object(pool.capabilities))).collect();
    let views = pools.iter().map(|(name, capabilities)| PoolView { name, capabilities });
    Ok(Reply::json(200, list(views, detail)))
}
