//! The order of work.

use std::sync::Arc;

use placement::{Filter, Policy, PoolState, Refusal, Refused, Request, Service, Stage, choose};
use serde_json::json;

use crate::support::{only, pool_of, service, stochastic, thick};

fn refused(policy: &Policy, request: &Request, pools: &[PoolState]) -> Refused {
    choose(policy, request, pools, || 0.0).unwrap_err()
}

fn exclusions(refused: &Refused) -> Vec<(String, Stage, Refusal)> {
    match refused {
        Refused::NoPool(pools) => {
            pools.each().iter().map(|out| (out.backend_id.clone(), out.stage, out.refusal.clone())).collect()
        }
        other => panic!("{other}"),
    }
}

#[test]
fn the_default_policy_takes_the_emptiest_pool_with_room() {
    let pools = [thick("h@a", 100.0, 20.0), thick("h@b", 500.0, 300.0), thick("h@c", 200.0, 150.0)];
    let choice = choose(&Policy::default(), &Request::create(100), &pools, || 0.0).unwrap();
    assert_eq!(choice.best(), 1);
    assert_eq!(choice.ranked().iter().map(|ranked| ranked.index).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn attempts_are_counted() {
    let pools = [thick("h@a", 100.0, 100.0), thick("h@b", 100.0, 100.0)];
    let tried = |count: usize| Request { attempted: vec!["x@y#z".to_owned(); count], ..Request::create(1) };
    let policy = Policy::default();
    assert!(choose(&policy, &tried(2), &pools, || 0.0).is_ok(), "the third attempt");
    assert_eq!(refused(&policy, &tried(3), &pools), Refused::TooManyAttempts { max_attempts: 3 });
    assert_eq!(refused(&policy, &tried(3), &pools).to_string(), "Exceeded max scheduling attempts 3");
    let once = Policy { max_attempts: 1, ..Policy::default() };
    assert!(choose(&once, &tried(0), &pools, || 0.0).is_ok());
    assert!(choose(&once, &tried(1), &pools, || 0.0).is_err());
}

#[test]
fn a_retry_goes_elsewhere_and_the_first_choice_is_refunded() {
    let mut pools = [thick("h@a", 100.0, 90.0), thick("h@b", 100.0, 80.0)];
    let policy =
        Policy { filters: vec![Filter::Capacity, Filter::IgnoreAttemptedHosts], ..Policy::default() };
    let mut request = Request::create(10);
    let first = choose(&policy, &request, &pools, || 0.0).unwrap().best();
    assert_eq!(first, 0);
    pools[first].charge(10);
    request.attempted.push(pools[first].backend_id().to_owned());
    pools[first].refund(10);
    assert_eq!(pools[first], thick("h@a", 100.0, 90.0));
    assert_eq!(choose(&policy, &request, &pools, || 0.0).unwrap().best(), 1);
}

#[test]
fn only_services_in_use_take_part() {
    let state = |host: &str, change: fn(&mut Service)| {
        let mut pool = thick(host, 100.0, 100.0);
        change(Arc::make_mut(&mut pool.service));
        pool
    };
    let pools = [
        state("h@down", |service| service.up = false),
        state("h@off", |service| service.enabled = false),
        state("h@ice", |service| service.frozen = true),
        state("h@all", |service| (service.up, service.enabled, service.frozen) = (false, false, true)),
    ];
    let none = Policy { filters: Vec::new(), ..Policy::default() };
    let reasons: Vec<_> = exclusions(&refused(&none, &Request::create(1), &pools));
    let expected = [Refusal::Down, Refusal::Disabled, Refusal::Frozen, Refusal::Frozen];
    for ((_, stage, refusal), expected) in reasons.into_iter().zip(expected) {
        assert_eq!((stage, refusal), (Stage::Service, expected));
    }
    let mut more = pools.to_vec();
    more.push(thick("h@ok", 100.0, 1.0));
    assert_eq!(choose(&none, &Request::create(1), &more, || 0.0).unwrap().ranked().len(), 1);
}

#[test]
fn filters_work_in_their_order() {
    let pools = [thick("h@a", 100.0, 1.0)];
    let request = Request { availability_zone: Some("az2".to_owned()), ..Request::create(10) };
    for (filters, first) in [
        (vec![Filter::AvailabilityZone, Filter::Capacity], Filter::AvailabilityZone),
        (vec![Filter::Capacity, Filter::AvailabilityZone], Filter::Capacity),
    ] {
        let policy = Policy { filters, ..Policy::default() };
        assert_eq!(exclusions(&refused(&policy, &request, &pools))[0].1, Stage::Filter(first));
    }
}

fn two_pools_each() -> Vec<PoolState> {
    let pool = |host: &str, name: &str, free: f64| {
        pool_of(
            service(host),
            json!({"volume_backend_name": name, "total_capacity_gb": 100, "free_capacity_gb": free}),
        )
    };
    vec![pool("h@a", "p", 100.0), pool("h@a", "q", 20.0), pool("h@b", "p", 60.0), pool("h@b", "q", 90.0)]
}

#[test]
fn a_request_can_be_bound_to_a_backend_or_a_pool() {
    let pools = two_pools_each();
    let bound = |to: &str, size| Request { resource_backend: Some(to.to_owned()), ..Request::create(size) };
    let best = |to, size| choose(&Policy::default(), &bound(to, size), &pools, || 0.0).unwrap().best();
    assert_eq!(best("h@b", 10), 3);
    assert_eq!(best("h@b#p", 10), 2);
    assert_eq!(best("h@a#q", 10), 1);
    let refused = refused(&Policy::default(), &bound("h@a#q", 50), &pools);
    assert_eq!(refused.to_string(), "1 backend: 1 too small: 50 GiB asked, 20 free");
    let unknown = choose(&Policy::default(), &bound("h@c", 10), &pools, || 0.0).unwrap_err();
    assert_eq!(unknown.to_string(), "4 pools: 4 other than h@c, where it has to be");
    assert!(exclusions(&unknown).iter().all(|(_, stage, _)| *stage == Stage::ResourceBackend));
}

#[test]
fn the_bound_pool_is_looked_for_after_the_weighing() {
    let pools = two_pools_each();
    let bound = Request { resource_backend: Some("h@b".to_owned()), ..Request::create(1) };
    let choice = choose(&Policy::default(), &bound, &pools, || 0.0).unwrap();
    let weights: Vec<f64> = choice.ranked().iter().map(|ranked| ranked.weight).collect();
    assert_eq!(weights, [0.875, 0.5], "normalised over all four");
    let policy = stochastic(placement::Weigher::Capacity, 1.0);
    let drawn = choose(&policy, &bound, &pools, || 0.5).unwrap();
    assert_eq!(drawn.best(), 2, "the lottery is among all four as well");
}

#[test]
fn a_bound_request_hears_only_of_its_backend() {
    let mut pools = two_pools_each();
    Arc::make_mut(&mut pools[1].service).up = false;
    let bound = Request { resource_backend: Some("h@a".to_owned()), ..Request::create(500) };
    assert_eq!(
        refused(&Policy::default(), &bound, &pools).to_string(),
        "2 pools: 1 too small: 500 GiB asked, 100 free; 1 down"
    );
}

#[test]
fn a_choice_can_be_asked_about_one_backend() {
    let pools = two_pools_each();
    let choice = choose(&Policy::default(), &Request::create(50), &pools, || 0.0).unwrap();
    assert_eq!(choice.on(&pools, "h@b"), Some(3), "the better of its two pools");
    assert_eq!(choice.on(&pools, "h@b#p"), Some(2));
    assert_eq!(choice.on(&pools, "h@a#q"), None, "refused by a filter");
    assert_eq!(choice.on(&pools, "h@c"), None);
}

#[test]
fn no_pools_no_choice() {
    let refused = refused(&only(Filter::Capacity), &Request::create(1), &[]);
    assert_eq!(refused.to_string(), "no backend has reported yet");
}
