//! Refusals as an operator reads them.

use std::sync::Arc;

use placement::{Filter, Policy, PoolState, Request, choose};
use serde_json::json;

use crate::support::{endless, only, thick, with_hints, with_specs};

fn line(policy: &Policy, request: &Request, pools: &[PoolState]) -> String {
    choose(policy, request, pools, || 0.0).unwrap_err().to_string()
}

fn in_zone(zone: &str, mut pool: PoolState) -> PoolState {
    Arc::make_mut(&mut pool.service).availability_zone = zone.to_owned();
    pool
}

#[test]
fn reasons_are_grouped_with_their_numbers() {
    let pools =
        [in_zone("az2", thick("h@z", 900.0, 900.0)), thick("h@a", 100.0, 50.0), thick("h@b", 100.0, 20.0)];
    let request = Request { availability_zone: Some("nova".to_owned()), ..Request::create(100) };
    assert_eq!(
        line(&Policy::default(), &request, &pools),
        "3 backends: 2 too small: 100 GiB asked, 20 and 50 free; 1 in another zone"
    );
}

#[test]
fn each_pool_has_its_own_line_too() {
    let refused =
        choose(&Policy::default(), &Request::create(100), &[thick("h@a", 100.0, 50.0)], || 0.0).unwrap_err();
    let placement::Refused::NoPool(pools) = refused else { panic!("{refused}") };
    assert_eq!(pools.each()[0].to_string(), "h@a#pool: CapacityFilter: 50.00 GiB free, 100 GiB asked");
}

#[test]
fn numbers_are_told_once_and_many_become_a_range() {
    let pools = |free: &[f64]| -> Vec<PoolState> {
        free.iter().enumerate().map(|(n, free)| thick(&format!("h@{n}"), 100.0, *free)).collect()
    };
    let tail = |free: &[f64]| {
        let line = line(&only(Filter::Capacity), &Request::create(100), &pools(free));
        line.split_once("asked, ").unwrap().1.to_owned()
    };
    assert_eq!(tail(&[20.0]), "20 free");
    assert_eq!(tail(&[20.0, 20.0]), "20 free");
    assert_eq!(tail(&[20.5, 3.25, 7.0]), "3.25, 7 and 20.5 free");
    assert_eq!(tail(&[1.0, 9.0, 5.0, 3.0]), "1 to 9 free");
    assert_eq!(tail(&[-5.0]), "0 free", "more promised than there is");
}

#[test]
fn services_that_take_no_part() {
    let mut pools =
        vec![thick("h@a", 9.0, 9.0), thick("h@b", 9.0, 9.0), thick("h@c", 9.0, 9.0), thick("h@d", 9.0, 9.0)];
    Arc::make_mut(&mut pools[0].service).up = false;
    Arc::make_mut(&mut pools[1].service).enabled = false;
    Arc::make_mut(&mut pools[2].service).frozen = true;
    Arc::make_mut(&mut pools[3].service).up = false;
    assert_eq!(
        line(&Policy::default(), &Request::create(1), &pools),
        "4 backends: 2 down; 1 disabled; 1 frozen"
    );
}

#[test]
fn extra_specs() {
    let pools = [
        endless("h@a", json!({"volume_backend_name": "lvm2"})),
        endless("h@b", json!({"volume_backend_name": "ceph"})),
        endless("h@c", json!({})),
    ];
    assert_eq!(
        line(&Policy::default(), &with_specs(&[("volume_backend_name", "lvm1")]), &pools),
        "3 backends: 2 not matching volume_backend_name=lvm1, ceph and lvm2 reported; \
         1 reporting nothing for volume_backend_name=lvm1"
    );
}

#[test]
fn many_texts() {
    let pools: Vec<PoolState> = ["p", "q", "r", "s"]
        .iter()
        .map(|name| endless(&format!("h@{name}"), json!({"volume_backend_name": name})))
        .collect();
    assert_eq!(
        line(&Policy::default(), &with_specs(&[("volume_backend_name", "x")]), &pools),
        "4 backends: 4 not matching volume_backend_name=x, p, q and others reported"
    );
}

#[test]
fn the_other_reasons() {
    let report =
        |host: &str, extra: serde_json::Value| crate::support::pool_of(crate::support::service(host), extra);
    for (filter, request, pool, expected) in [
        (Filter::Capacity, Request::create(1), report("h@a", json!({})), "not reporting free space"),
        (
            Filter::Capacity,
            Request::create(1),
            report("h@a", json!({"total_capacity_gb": 0, "free_capacity_gb": 0})),
            "reporting no capacity",
        ),
        (
            Filter::Capacity,
            Request::create(1),
            report(
                "h@a",
                json!({"total_capacity_gb": "unknown", "free_capacity_gb": 5, "reserved_percentage": 10}),
            ),
            "with a reserve of an unknown total, 10 percent",
        ),
        (
            Filter::Capacity,
            Request::create(1),
            report(
                "h@a",
                json!({"total_capacity_gb": 9, "free_capacity_gb": 0, "thin_provisioning_support": true}),
            ),
            "full: no real space is left for thin volumes",
        ),
        (
            Filter::Driver,
            Request::create(1),
            report("h@a", json!({"filter_function": "1 / 0"})),
            "with a filter function that fails, division by zero",
        ),
        (
            Filter::Driver,
            Request::create(1),
            report("h@a", json!({"filter_function": "1 > 2"})),
            "refused by a filter function",
        ),
        (
            Filter::DifferentBackend,
            with_hints(json!({"different_host": "x"})),
            report("h@a", json!({})),
            "refused: hint different_host is not a list of volume ids",
        ),
        (
            Filter::IgnoreAttemptedHosts,
            Request { attempted: vec!["h@a#_pool0".to_owned()], ..Request::create(1) },
            report("h@a", json!({})),
            "tried before",
        ),
    ] {
        assert_eq!(line(&only(filter), &request, &[pool]), format!("1 backend: 1 {expected}"));
    }
}

#[test]
fn a_line_stays_short_for_ten_thousand_pools() {
    let pools: Vec<PoolState> = (0..10_000)
        .map(|n| {
            let name = format!("{}{n}", "very-long-name-".repeat(20));
            endless(&format!("host{n}@backend"), json!({ "volume_backend_name": name }))
        })
        .collect();
    let line = line(&Policy::default(), &with_specs(&[("volume_backend_name", &"w".repeat(255))]), &pools);
    assert!(line.chars().count() < 701, "{} characters", line.chars().count());
    assert!(line.starts_with("10000 backends: 10000 not matching volume_backend_name=www"), "{line}");
}

#[test]
fn a_line_stays_short_for_long_reasons() {
    let keys = ["a", "b", "c", "d", "e", "f"];
    let mut pools = Vec::new();
    for wrong in keys {
        for n in 0..3 {
            let mut capabilities = json!({});
            for key in keys {
                let value = if key == wrong { n.to_string().repeat(255) } else { "v".repeat(255) };
                capabilities[key] = json!(value);
            }
            pools.push(endless(&format!("h@{wrong}{n}"), capabilities));
        }
    }
    let value = "v".repeat(255);
    let wanted: Vec<(&str, &str)> = keys.map(|key| (key, value.as_str())).to_vec();
    let line = line(&only(Filter::Capabilities), &with_specs(&wanted), &pools);
    assert_eq!(line.chars().count(), 701, "700 and the sign that there was more");
    assert!(line.ends_with('…'));
}

#[test]
fn rare_reasons_are_summed_up() {
    let keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let lacking = |missing: &str| {
        let mut capabilities = json!({});
        for key in keys.into_iter().filter(|key| *key != missing) {
            capabilities[key] = json!("yes");
        }
        endless(&format!("h@{missing}"), capabilities)
    };
    let pools = keys.map(lacking);
    let wanted = keys.map(|key| (key, "yes"));
    let line = line(&only(Filter::Capabilities), &with_specs(&wanted), &pools);
    assert!(line.starts_with("8 backends: 1 reporting nothing for a=yes; "), "{line}");
    assert!(line.ends_with("; 2 for other reasons"), "{line}");
}
