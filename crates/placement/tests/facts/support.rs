//! Pools and requests in few words.

use std::sync::Arc;

use placement::{
    Filter, Handler, Policy, PoolState, Refusal, Refused, ReportDefaults, Request, Service, Weigher,
    WeightedWeigher, choose, read_report,
};
use serde_json::{Map, Value, json};

pub(crate) const ID_A: &str = "11111111-1111-4111-8111-111111111111";
pub(crate) const ID_B: &str = "22222222-2222-4222-8222-222222222222";

pub(crate) fn service(host: &str) -> Service {
    Service {
        host: host.to_owned(),
        cluster_name: None,
        availability_zone: "nova".to_owned(),
        up: true,
        enabled: true,
        frozen: false,
    }
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("not a dictionary: {other}"),
    }
}

/// The only pool of a service, from its report.
pub(crate) fn pool_of(service: Service, report: Value) -> PoolState {
    let report = read_report(&Arc::new(service), &object(report), 1_000, &ReportDefaults::default()).unwrap();
    report.pools.into_iter().next().unwrap()
}

pub(crate) fn pool(report: Value) -> PoolState {
    pool_of(service("node1@lvm"), report)
}

/// A thick pool with so much in total and so much free, called `host#pool`.
pub(crate) fn thick(host: &str, total_gib: f64, free_gib: f64) -> PoolState {
    pool_of(
        service(host),
        json!({"volume_backend_name": "pool", "total_capacity_gb": total_gib, "free_capacity_gb": free_gib}),
    )
}

/// A pool with endless space and the given capabilities.
pub(crate) fn endless(host: &str, mut capabilities: Value) -> PoolState {
    capabilities["total_capacity_gb"] = json!("infinite");
    capabilities["free_capacity_gb"] = json!("infinite");
    pool_of(service(host), capabilities)
}

pub(crate) fn only(filter: Filter) -> Policy {
    Policy { filters: vec![filter], ..Policy::default() }
}

pub(crate) fn weighing(weigher: Weigher, multiplier: f64) -> Policy {
    Policy {
        filters: Vec::new(),
        weighers: vec![WeightedWeigher { weigher, multiplier }],
        ..Policy::default()
    }
}

pub(crate) fn stochastic(weigher: Weigher, multiplier: f64) -> Policy {
    Policy { handler: Handler::Stochastic, ..weighing(weigher, multiplier) }
}

/// What one filter says about one pool.
pub(crate) fn verdict(filter: Filter, request: &Request, pool: &PoolState) -> Result<(), Refusal> {
    match choose(&only(filter), request, std::slice::from_ref(pool), || 0.0) {
        Ok(_) => Ok(()),
        Err(Refused::NoPool(exclusions)) => Err(exclusions.each()[0].refusal.clone()),
        Err(other) => panic!("neither passed nor refused: {other}"),
    }
}

pub(crate) fn passes(filter: Filter, request: &Request, pool: &PoolState) -> bool {
    verdict(filter, request, pool).is_ok()
}

pub(crate) fn with_hints(hints: Value) -> Request {
    Request { hints: object(hints), ..Request::create(1) }
}

pub(crate) fn with_specs(specs: &[(&str, &str)]) -> Request {
    let extra_specs =
        specs.iter().map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned()))).collect();
    Request { extra_specs, ..Request::create(1) }
}

/// The pools in the order chosen, by their host.
pub(crate) fn order(
    policy: &Policy,
    request: &Request,
    pools: &[PoolState],
    random: impl FnMut() -> f64,
) -> Vec<String> {
    let choice = choose(policy, request, pools, random).unwrap();
    choice.ranked().iter().map(|ranked| pools[ranked.index].service.host.clone()).collect()
}
