//! CapacityFilter.

use placement::{Capacity, Demand, Filter, PoolState, Refusal, Request};
use serde_json::{Value, json};

use crate::support::{object, passes, pool, verdict, with_specs};

fn with(base: Value, extra: Value) -> PoolState {
    let mut report = object(base);
    report.extend(object(extra));
    pool(Value::Object(report))
}

fn thick(extra: Value) -> PoolState {
    with(json!({"volume_backend_name": "p", "total_capacity_gb": 100, "free_capacity_gb": 100}), extra)
}

fn thin(extra: Value) -> PoolState {
    with(
        json!({"volume_backend_name": "p", "total_capacity_gb": 100, "free_capacity_gb": 100,
               "thin_provisioning_support": true, "max_over_subscription_ratio": 2}),
        extra,
    )
}

/// The largest size that passes; the next one has to be refused.
fn largest(pool: &PoolState, thick_type: bool) -> u64 {
    let request = |size| {
        let mut request =
            if thick_type { with_specs(&[("provisioning:type", "thick")]) } else { Request::default() };
        request.demand = Demand::Create { size_gib: size };
        request
    };
    let largest =
        (1..1000).take_while(|size| passes(Filter::Capacity, &request(*size), pool)).last().unwrap_or(0);
    assert!(matches!(
        verdict(Filter::Capacity, &request(largest + 1), pool),
        Err(Refusal::TooSmall { .. } | Refusal::OverSubscribed { .. })
    ));
    largest
}

#[test]
fn thick_space() {
    for (extra, expected) in [
        (json!({}), 100),
        (json!({"free_capacity_gb": 40}), 40),
        (json!({"free_capacity_gb": 40.9}), 40),
        (json!({"provisioned_capacity_gb": 70}), 30),
        (json!({"provisioned_capacity_gb": 70, "free_capacity_gb": 20}), 20),
        (json!({"allocated_capacity_gb": 60, "provisioned_capacity_gb": 10}), 90),
        (json!({"reserved_percentage": 25}), 75),
        (json!({"reserved_percentage": 25, "provisioned_capacity_gb": 30}), 45),
        // The reserve does not lessen the free space reported, only what may be provisioned.
        (json!({"reserved_percentage": 25, "free_capacity_gb": 60}), 60),
        // A reserve is whole GiB, rounded down.
        (json!({"total_capacity_gb": 15, "free_capacity_gb": 15, "reserved_percentage": 10}), 14),
        (json!({"reserved_percentage": 29}), 71),
        // Two decimals: 9.996 counts as 10.
        (json!({"free_capacity_gb": 9.996}), 10),
        (json!({"free_capacity_gb": 9.99}), 9),
        // A ratio without thin support has no effect.
        (json!({"max_over_subscription_ratio": 5}), 100),
        (json!({"reserved_percentage": 100}), 0),
        (json!({"reserved_percentage": 150}), 0),
    ] {
        assert_eq!(largest(&thick(extra.clone()), false), expected, "{extra}");
    }
}

#[test]
fn thin_space() {
    for (extra, expected) in [
        (json!({}), 200),
        (json!({"provisioned_capacity_gb": 150}), 50),
        (json!({"reserved_percentage": 10}), 180),
        (json!({"reserved_percentage": 10, "provisioned_capacity_gb": 100}), 80),
        // Real free space is not what limits promises.
        (json!({"free_capacity_gb": 1}), 200),
        (json!({"max_over_subscription_ratio": 1.0}), 100),
        (json!({"max_over_subscription_ratio": 1.333}), 133),
        (json!({"provisioned_capacity_gb": 300}), 0),
        (json!({"reserved_percentage": 100}), 0),
    ] {
        assert_eq!(largest(&thin(extra.clone()), false), expected, "{extra}");
    }
}

#[test]
fn a_thick_type_on_a_thin_pool_takes_real_space() {
    let pool = thin(json!({"free_capacity_gb": 60}));
    assert_eq!(largest(&pool, false), 200);
    assert_eq!(largest(&pool, true), 60);
    let thin_type =
        Request { demand: Demand::Create { size_gib: 61 }, ..with_specs(&[("provisioning:type", "thin")]) };
    assert!(passes(Filter::Capacity, &thin_type, &pool));
}

#[test]
fn a_thin_pool_that_is_really_full_is_refused() {
    let asked = Request::create(1);
    for free in [json!(0), json!(0.004), json!(-3)] {
        let pool = thin(json!({"free_capacity_gb": free}));
        assert!(
            matches!(verdict(Filter::Capacity, &asked, &pool), Err(Refusal::ReallyFull { asked_gib: 1, .. })),
            "{free}"
        );
    }
    assert!(passes(Filter::Capacity, &asked, &thin(json!({"free_capacity_gb": 0.01}))));
    // Promises made since the report fill nothing.
    let mut promised = thin(json!({"free_capacity_gb": 10}));
    promised.charge(50);
    assert_eq!(promised.free, Some(Capacity::Gib(-40.0)));
    assert!(passes(Filter::Capacity, &asked, &promised));
}

#[test]
fn a_ratio_below_one_is_refused() {
    let pool = thin(json!({"max_over_subscription_ratio": 0.5}));
    assert_eq!(
        verdict(Filter::Capacity, &Request::create(1), &pool),
        Err(Refusal::RatioBelowOne { ratio: 0.5 })
    );
}

#[test]
fn the_ratio_is_applied_twice_in_one_test() {
    // 100 GiB twice promised are 200; the test bites beyond 200 times 2.
    let pool = thin(json!({"provisioned_capacity_gb": 380}));
    assert!(matches!(verdict(Filter::Capacity, &Request::create(20), &pool), Err(Refusal::TooSmall { .. })));
    assert_eq!(
        verdict(Filter::Capacity, &Request::create(40), &pool),
        Err(Refusal::OverSubscribed { asked_gib: 40, ratio: 2.1, limit: 2.0 })
    );
}

#[test]
fn space_that_is_no_number() {
    let asked = Request::create(1_000_000);
    for word in ["infinite", "unknown"] {
        assert!(passes(Filter::Capacity, &asked, &thick(json!({"free_capacity_gb": word}))));
        assert!(passes(
            Filter::Capacity,
            &asked,
            &thick(json!({"free_capacity_gb": word, "reserved_percentage": 5}))
        ));
        assert!(passes(Filter::Capacity, &asked, &thick(json!({"total_capacity_gb": word}))));
        assert_eq!(
            verdict(
                Filter::Capacity,
                &asked,
                &thick(json!({"total_capacity_gb": word, "reserved_percentage": 5}))
            ),
            Err(Refusal::ReserveOfUnknown { reserved_percentage: 5.0 })
        );
    }
    assert_eq!(
        verdict(Filter::Capacity, &Request::create(1), &thick(json!({"free_capacity_gb": null}))),
        Err(Refusal::FreeNotReported)
    );
}

#[test]
fn no_total_is_no_space() {
    for total in [0.0, -5.0] {
        assert_eq!(
            verdict(Filter::Capacity, &Request::create(1), &thick(json!({"total_capacity_gb": total}))),
            Err(Refusal::NoCapacity { total_gib: total })
        );
    }
}

#[test]
fn an_extend_needs_the_difference() {
    let extend = |from_gib, to_gib| Request {
        demand: Demand::Extend { from_gib, to_gib, attached: false },
        ..Request::default()
    };
    let pool = thick(json!({"free_capacity_gb": 10}));
    assert!(passes(Filter::Capacity, &extend(90, 100), &pool));
    assert_eq!(
        verdict(Filter::Capacity, &extend(90, 101), &pool),
        Err(Refusal::TooSmall { asked_gib: 11, free_gib: 10.0, thin: false })
    );
    assert!(passes(Filter::Capacity, &extend(90, 90), &pool));
}

#[test]
fn managing_asks_for_nothing() {
    assert!(passes(Filter::Capacity, &Request::create(0), &pool(json!({}))));
}

#[test]
fn a_volume_needs_no_room_where_it_is() {
    let full = thick(json!({"free_capacity_gb": 0}));
    let there = |place: &str| Request { exists_on: Some(place.to_owned()), ..Request::create(50) };
    assert!(passes(Filter::Capacity, &there("node1@lvm#p"), &full));
    assert!(!passes(Filter::Capacity, &there("node1@lvm#q"), &full));
    assert!(!passes(Filter::Capacity, &there("node1@lvm"), &full));
}

#[test]
fn refusals_have_numbers() {
    let say = |pool: &PoolState, size| {
        verdict(Filter::Capacity, &Request::create(size), pool).unwrap_err().to_string()
    };
    assert_eq!(say(&thick(json!({"free_capacity_gb": 20})), 100), "20.00 GiB free, 100 GiB asked");
    assert_eq!(
        say(&thin(json!({"provisioned_capacity_gb": 180})), 100),
        "20.00 GiB virtually free, 100 GiB asked"
    );
    assert_eq!(
        say(&thin(json!({"free_capacity_gb": 0})), 5),
        "0.00 GiB really free in a thin pool, 5 GiB asked"
    );
    assert_eq!(
        say(&thin(json!({"provisioned_capacity_gb": 380})), 40),
        "over-subscribed 2.10 times with 40 GiB more, at most 2.00 allowed"
    );
}
