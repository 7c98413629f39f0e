//! Reporting a backend's pools to whoever places volumes.

use model::pool::AtReport;
use ports::volume::{BackendStats, Capabilities, CapacityGib, PoolStats, Provisioning, replication};
use serde_json::{Map, Value, json};
use store::{Conn, StoreError};

use super::Post;
use crate::Backend;

/// What the pools of a backend are found to have, and what was known of them before they were measured.
#[derive(Clone)]
pub(super) struct Measured {
    backend_host: String,
    /// What to report of each pool.
    reports: Vec<(String, String)>,
    /// The backends of the other members of its cluster.
    others: Vec<String>,
    /// What had been placed on each pool by then.
    counters: Vec<(String, AtReport)>,
}

/// Measures the pools of `backend` and stores what was found.
pub(super) async fn report(post: &Post, backend: &Backend) -> Result<(), String> {
    let measured = measure(post, backend).await?;
    post.store.write(move |conn| measured.keep(conn)).await.map_err(chain)
}

/// Measures the pools of `backend`. The counters are read first: whatever is placed while the backend is being measured is
/// then taken off what it finds free.
pub(super) async fn measure(post: &Post, backend: &Backend) -> Result<Measured, String> {
    let (host, cluster) = (backend.host.clone(), backend.cluster.clone());
    let read = post.store.read(move |conn| {
        let others = others(conn, &host, cluster.as_deref())?;
        let mut counters = store::pools::counters(conn, &host)?;
        for other in &others {
            counters.extend(store::pools::counters(conn, other)?);
        }
        Ok::<_, StoreError>((others, counters))
    });
    let (others, counters) = read.await.map_err(chain)?;
    let driver = std::sync::Arc::clone(&backend.driver);
    let measured = post.supervisor.blocking().start(move || driver.stats()).await;
    let stats = measured.map_err(|panic| panic.to_string())?.map_err(|error| error.chain())?;
    let reports = reports(backend, &stats);
    Ok(Measured { backend_host: backend.host.clone(), reports, others, counters })
}

impl Measured {
    /// Stores what was found. What a member of a cluster has found holds for the others, which look after the same
    /// storage.
    pub(super) fn keep(&self, conn: &Conn<'_>) -> Result<(), StoreError> {
        let at = |host: &str| self.counters.iter().find(|(known, _)| known == host).map(|(_, at)| *at);
        for (host, report) in &self.reports {
            store::pools::report(conn, host, report, at(host).unwrap_or_default())?;
            let of_others = self.others.iter().map(|other| host.replacen(&self.backend_host, other, 1));
            for other in of_others {
                let has_reported = !store::pools::report_of(conn, &other)?.is_empty();
                if let Some(at) = at(&other).filter(|_| has_reported) {
                    store::pools::report(conn, &other, report, at)?;
                }
            }
        }
        let hosts: Vec<String> = self.reports.iter().map(|(host, _)| host.clone()).collect();
        store::pools::retire(conn, &self.backend_host, &hosts)
    }
}

/// The backends of the other members of a cluster, as `host@backend`.
fn others(conn: &Conn<'_>, host: &str, cluster: Option<&str>) -> Result<Vec<String>, StoreError> {
    let Some(cluster) = cluster else { return Ok(Vec::new()) };
    Ok(store::clusters::others(conn, cluster, host)?.into_iter().map(|it| it.host).collect())
}

fn chain(error: StoreError) -> String {
    error.chain()
}

fn reports(backend: &Backend, stats: &BackendStats) -> Vec<(String, String)> {
    let capabilities = backend.driver.capabilities();
    let of_pool = |pool: &PoolStats| {
        let report = Value::Object(describe(backend, &capabilities, pool));
        (format!("{}#{}", backend.host, pool.name), report.to_string())
    };
    stats.pools.iter().map(of_pool).collect()
}

/// One pool under the keys that the scheduler's filters and the API know.
fn describe(backend: &Backend, capabilities: &Capabilities, pool: &PoolStats) -> Map<String, Value> {
    let thin = capabilities.provisioning == Provisioning::Thin;
    let mut report = Map::new();
    let mut set = |key: &str, value: Value| report.insert(key.to_owned(), value);
    set("volume_backend_name", json!(backend.volume_backend_name));
    set("vendor_name", json!(capabilities.vendor));
    set("driver_version", json!(env!("CARGO_PKG_VERSION")));
    set("storage_protocol", json!(capabilities.storage_protocol));
    set("total_capacity_gb", capacity(pool.total));
    set("free_capacity_gb", capacity(pool.free));
    if let Some(provisioned_gib) = pool.provisioned_gib {
        set("provisioned_capacity_gb", json!(provisioned_gib));
    }
    set("reserved_percentage", json!(backend.reserved_percentage));
    set("max_over_subscription_ratio", json!(backend.max_over_subscription_ratio));
    set("thin_provisioning_support", json!(thin));
    set("thick_provisioning_support", json!(!thin));
    set("multiattach", json!(capabilities.multiattach));
    set("online_extend_support", json!(capabilities.online_extend));
    let sites = replication::targets(&*backend.driver);
    set("replication_enabled", json!(!sites.is_empty()));
    set("replication_targets", json!(sites));
    if replication::replicates_groups(&*backend.driver) {
        set("group_replication_enabled", json!(true));
        set("consistent_group_replication_enabled", json!(true));
    }
    set("QoS_support", json!(false));
    set("filter_function", json!(backend.filter_function));
    set("goodness_function", json!(backend.goodness_function));
    report.extend(pool.extra.clone());
    report.extend(backend.extra_capabilities.clone());
    report.insert("pool_name".to_owned(), json!(pool.name));
    Map::from_iter([("pools".to_owned(), json!([report]))])
}

fn capacity(capacity: CapacityGib) -> Value {
    match capacity {
        CapacityGib::Gib(gib) => json!((gib * 100.0).round() / 100.0),
        CapacityGib::Infinite => json!("infinite"),
        CapacityGib::Unknown => json!("unknown"),
    }
}
