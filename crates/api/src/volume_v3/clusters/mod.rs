//! `/clusters`.

pub(super) mod list;
pub(super) mod show;
pub(super) mod switch;

use model::Timestamp;
use model::service::Cluster;
use wire::Fault;
use wire::view::clusters::ClusterView;

use super::Call;
use super::call::store_fault;

/// Every cluster, and what the database's clock says now.
async fn load(call: &Call) -> Result<(Vec<Cluster>, Timestamp), Fault> {
    let read = call
        .api
        .desk
        .store
        .read(|conn| Ok::<_, store::StoreError>((store::clusters::list(conn)?, conn.now())));
    read.await.map_err(|error| store_fault(&error))
}

fn view<'c>(call: &Call, cluster: &'c Cluster, now: Timestamp) -> ClusterView<'c> {
    let down_time_s = call.api.desk.settings.service_down_time_s;
    ClusterView {
        cluster,
        is_up: cluster.is_up(now, down_time_s),
        num_down_hosts: cluster.down(now, down_time_s),
    }
}

/// The cluster of this name, which has to be there.
async fn find(call: &Call, name: &str, binary: &str) -> Result<(Cluster, Timestamp), Fault> {
    let (clusters, now) = load(call).await?;
    let found = clusters.into_iter().find(|it| it.name == name && it.binary.as_str() == binary);
    let missing = || Fault::new(404, format!("Cluster {} could not be found.", wire::fault::echo(name)));
    Ok((found.ok_or_else(missing)?, now))
}
