//! `GET /clusters` and `GET /clusters/detail`.

use auth::policy::VolumeRule;
use wire::Fault;
use wire::query::clusters::ClusterQuery;
use wire::view::clusters::{ClusterView, list};

use super::{load, view};
use crate::http::Reply;
use crate::volume_v3::Call;

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    reply(call, false).await
}

pub(crate) async fn detail(call: Call) -> Result<Reply, Fault> {
    reply(call, true).await
}

async fn reply(call: Call, detail: bool) -> Result<Reply, Fault> {
    call.require(VolumeRule::ClustersGetAll)?;
    let asked = ClusterQuery::parse(&call.params()?, &call.asker())?;
    let (clusters, now) = load(&call).await?;
    let views = clusters.iter().map(|cluster| view(&call, cluster, now));
    let views = views.filter(|view| is_asked_for(view, &asked));
    Ok(Reply::json(200, list(views, detail, call.version)))
}

fn is_asked_for(view: &ClusterView<'_>, asked: &ClusterQuery) -> bool {
    let cluster = view.cluster;
    let text = |asked: &Option<String>, is: &str| asked.as_ref().is_none_or(|asked| asked == is);
    let flag = |asked: Option<bool>, is: bool| asked.is_none_or(|asked| asked == is);
    let number =
        |asked: &Option<String>, is: usize| asked.as_ref().is_none_or(|asked| asked.trim().parse() == Ok(is));
    text(&asked.name, &cluster.name)
        && text(&asked.binary, cluster.binary.as_str())
        && flag(asked.is_up, view.is_up)
        && flag(asked.disabled, cluster.disabled)
        && number(&asked.num_hosts, cluster.heartbeats.len())
        && number(&asked.num_down_hosts, view.num_down_hosts)
        && text(&asked.replication_status, cluster.replication_status.as_str())
        && flag(asked.frozen, cluster.frozen)
        && text(&asked.active_backend_id, cluster.active_backend_id.as_deref().unwrap_or_default())
}
