//! `GET /metrics`: requests as counted, operations and pools as the database has them, in Prometheus' text format.

use std::sync::atomic::AtomicU64;

use axum::extract::State;
use axum::response::Response;
use http::header;
use model::pool::Pool;
use model::service::Service;
use model::{Base, Timestamp};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use store::bases::Uses;
use store::operations::Tally;
use store::{Conn, StoreError};

use super::{Observer, exposition};
use crate::http::Reply;

/// What a scrape reads from the database.
struct Facts {
    now: Timestamp,
    tallies: Vec<Tally>,
    depths: Vec<(String, u64)>,
    pools: Vec<(Pool, Report)>,
    bases: Vec<Base>,
    base_uses: Vec<Uses>,
    services: Vec<Service>,
}

/// What the report of a pool says in numbers: no end and nobody knows are left out.
#[derive(Default)]
struct Report {
    total_gib: Option<f64>,
    free_gib: Option<f64>,
}

impl Report {
    fn read(text: &str) -> Self {
        let report: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        let pool = &report["pools"][0];
        Self { total_gib: pool["total_capacity_gb"].as_f64(), free_gib: pool["free_capacity_gb"].as_f64() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabel {
    kind: String,
    state: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QueueLabel {
    queue: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BackendLabel {
    backend: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ServiceLabel {
    binary: &'static str,
    host: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PoolLabel {
    pool: String,
}

pub(super) async fn handle(State(observer): State<Observer>) -> Response {
    let facts = match observer.store.read(facts).await {
        Ok(facts) => facts,
        Err(error) => {
            tracing::error!(error = error.chain(), "cannot measure");
            return Reply::text(503, "the database does not answer").into_response();
        }
    };
    let mut registry = Registry::default();
    observer.requests.register(&mut registry);
    register(&mut registry, &facts);
    match exposition::text(&registry) {
        Ok(text) => Reply::text(200, text).with_header(header::CONTENT_TYPE, exposition::CONTENT_TYPE),
        Err(_) => Reply::text(500, "the metrics cannot be written"),
    }
    .into_response()
}

fn facts(conn: &Conn<'_>) -> Result<Facts, StoreError> {
    Ok(Facts {
        now: conn.now(),
        tallies: store::operations::tally(conn)?,
        depths: store::operations::depths(conn)?,
        pools: store::pools::list(conn)?
            .into_iter()
            .map(|pool| with_report(conn, pool))
            .collect::<Result<_, _>>()?,
        bases: store::bases::all(conn)?,
        base_uses: store::bases::uses(conn)?,
        services: store::services::list(conn)?,
    })
}

fn with_report(conn: &Conn<'_>, pool: Pool) -> Result<(Pool, Report), StoreError> {
    let report = Report::read(&store::pools::report_of(conn, &pool.host)?);
    Ok((pool, report))
}

/// The cache of images: what is in it, and how often it was there when a volume was made from an image.
fn register_image_cache(registry: &mut Registry, facts: &Facts) {
    let label = |backend: &String| BackendLabel { backend: backend.clone() };
    let images = Family::<BackendLabel, Gauge>::default();
    let gib = Family::<BackendLabel, Gauge>::default();
    for base in &facts.bases {
        images.get_or_create(&label(&base.backend)).inc();
        gib.get_or_create(&label(&base.backend)).inc_by(signed(base.size_gib));
    }
    registry.register("besser_image_cache_images", "Images that a backend keeps", images);
    registry.register("besser_image_cache_gib", "Their size", gib);
    let hits = Family::<BackendLabel, Counter>::default();
    let misses = Family::<BackendLabel, Counter>::default();
    let fetches = Family::<BackendLabel, Counter>::default();
    let evictions = Family::<BackendLabel, Counter>::default();
    for uses in &facts.base_uses {
        hits.get_or_create(&label(&uses.backend)).inc_by(uses.hits);
        misses.get_or_create(&label(&uses.backend)).inc_by(uses.misses);
        fetches.get_or_create(&label(&uses.backend)).inc_by(uses.fetches);
        evictions.get_or_create(&label(&uses.backend)).inc_by(uses.evictions);
    }
    registry.register("besser_image_cache_hits", "Volumes from images that were there", hits);
    registry.register("besser_image_cache_misses", "Volumes that waited for their image", misses);
    registry.register("besser_image_cache_fetches", "Images that were brought to a backend", fetches);
    registry.register(
        "besser_image_cache_evictions",
        "Images that went so that others found room",
        evictions,
    );
}

/// When each service was last heard of, and whether an administrator has taken it out.
fn register_services(registry: &mut Registry, facts: &Facts) {
    let age = Family::<ServiceLabel, Gauge>::default();
    let disabled = Family::<ServiceLabel, Gauge>::default();
    let ahead = Family::<ServiceLabel, Gauge<f64, AtomicU64>>::default();
    for service in &facts.services {
        let label = ServiceLabel { binary: service.binary.as_str(), host: service.host.clone() };
        age.get_or_create(&label).set(facts.now.since(service.heartbeat_at) / 1_000_000);
        disabled.get_or_create(&label).set(service.disabled.into());
        ahead.get_or_create(&label).set(seconds(service.clock_ahead_ms));
    }
    registry.register("besser_service_heartbeat_age_seconds", "Age of the last sign of life", age);
    registry.register("besser_service_disabled", "1 where an administrator has taken it out", disabled);
    let help = "How far the clock of its host is ahead of the database's";
    registry.register("besser_service_clock_ahead_seconds", help, ahead);
}

fn register(registry: &mut Registry, facts: &Facts) {
    register_image_cache(registry, facts);
    register_services(registry, facts);
    let count = Family::<OperationLabel, Gauge>::default();
    let age = Family::<OperationLabel, Gauge>::default();
    for tally in &facts.tallies {
        let label = OperationLabel { kind: tally.kind.clone(), state: tally.state.clone() };
        count.get_or_create(&label).set(signed(tally.count));
        age.get_or_create(&label).set(facts.now.since(tally.oldest) / 1_000_000);
    }
    registry.register("besser_operations", "Operations that have not ended well", count);
    registry.register("besser_operations_oldest_seconds", "Age of the oldest of them", age);

    let depth = Family::<QueueLabel, Gauge>::default();
    for (queue, waiting) in &facts.depths {
        depth.get_or_create(&QueueLabel { queue: queue.clone() }).set(signed(*waiting));
    }
    registry.register("besser_queue_depth", "Operations in a queue", depth);

    let allocated = Family::<PoolLabel, Gauge>::default();
    let volumes = Family::<PoolLabel, Gauge>::default();
    let report_age = Family::<PoolLabel, Gauge>::default();
    let total = Family::<PoolLabel, Gauge<f64, AtomicU64>>::default();
    let free = Family::<PoolLabel, Gauge<f64, AtomicU64>>::default();
    for (pool, report) in &facts.pools {
        let label = PoolLabel { pool: pool.host.clone() };
        if let Some(total_gib) = report.total_gib {
            total.get_or_create(&label).set(total_gib);
        }
        if let Some(free_gib) = report.free_gib {
            free.get_or_create(&label).set(free_gib);
        }
        allocated.get_or_create(&label).set(signed(pool.allocated_gib));
        volumes.get_or_create(&label).set(signed(pool.volumes));
        report_age.get_or_create(&label).set(facts.now.since(pool.reported_at) / 1_000_000);
    }
    registry.register("besser_pool_total_gib", "GiB that a pool has", total);
    registry.register("besser_pool_free_gib", "GiB that were free when the pool was last measured", free);
    registry.register("besser_pool_allocated_gib", "GiB of the volumes in a pool", allocated);
    registry.register("besser_pool_volumes", "Volumes in a pool", volumes);
    registry.register("besser_pool_report_age_seconds", "Age of the report of a pool", report_age);
}

#[allow(clippy::cast_precision_loss, reason = "a clock that is wrong by 285 000 years is wrong enough")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
