//! The weighers, their normalisation, and the handlers.

use placement::{Handler, Policy, PoolState, Request, Weigher, WeightedWeigher, choose};
use serde_json::json;

use crate::support::{endless, order, pool_of, service, stochastic, thick, weighing, with_specs};

fn weights(policy: &Policy, pools: &[PoolState]) -> Vec<f64> {
    let choice = choose(policy, &Request::create(1), pools, || 0.0).unwrap();
    let mut weights = vec![f64::NAN; pools.len()];
    for ranked in choice.ranked() {
        weights[ranked.index] = ranked.weight;
    }
    weights
}

fn order_of(policy: &Policy, pools: &[PoolState]) -> Vec<String> {
    order(policy, &Request::create(1), pools, || 0.0)
}

#[test]
fn names() {
    for (name, weigher) in [
        ("CapacityWeigher", Weigher::Capacity),
        ("AllocatedCapacityWeigher", Weigher::AllocatedCapacity),
        ("VolumeNumberWeigher", Weigher::VolumeNumber),
        ("ChanceWeigher", Weigher::Chance),
        ("GoodnessWeigher", Weigher::Goodness),
    ] {
        assert_eq!(Weigher::parse(name), Some(weigher));
        assert_eq!(weigher.name(), name);
    }
    assert_eq!(Weigher::parse("RamWeigher"), None);
}

#[test]
fn weights_are_stretched_over_0_to_1_and_multiplied() {
    let pools = [thick("h@a", 100.0, 20.0), thick("h@b", 100.0, 60.0), thick("h@c", 100.0, 100.0)];
    assert_eq!(weights(&weighing(Weigher::Capacity, 1.0), &pools), [0.0, 0.5, 1.0]);
    assert_eq!(weights(&weighing(Weigher::Capacity, 3.0), &pools), [0.0, 1.5, 3.0]);
    assert_eq!(weights(&weighing(Weigher::Capacity, -1.0), &pools), [0.0, -0.5, -1.0]);
    assert_eq!(order_of(&weighing(Weigher::Capacity, 1.0), &pools), ["h@c", "h@b", "h@a"]);
    assert_eq!(order_of(&weighing(Weigher::Capacity, -1.0), &pools), ["h@a", "h@b", "h@c"]);
}

#[test]
fn equal_pools_keep_their_order() {
    let pools = [thick("h@a", 100.0, 20.0), thick("h@b", 100.0, 20.0), thick("h@c", 100.0, 20.0)];
    assert_eq!(weights(&weighing(Weigher::Capacity, 1.0), &pools), [0.0, 0.0, 0.0]);
    assert_eq!(order_of(&weighing(Weigher::Capacity, 1.0), &pools), ["h@a", "h@b", "h@c"]);
    let none = Policy { weighers: Vec::new(), ..weighing(Weigher::Capacity, 1.0) };
    assert_eq!(order_of(&none, &pools), ["h@a", "h@b", "h@c"]);
}

#[test]
fn sums_over_several_weighers() {
    let mut pools = [thick("h@a", 100.0, 100.0), thick("h@b", 100.0, 80.0), thick("h@c", 100.0, 0.0)];
    pools[0].volume_count = 10;
    let policy = Policy {
        weighers: vec![
            WeightedWeigher { weigher: Weigher::Capacity, multiplier: 1.0 },
            WeightedWeigher { weigher: Weigher::VolumeNumber, multiplier: -1.0 },
        ],
        ..weighing(Weigher::Capacity, 1.0)
    };
    assert_eq!(weights(&policy, &pools), [0.0, 0.8, 0.0]);
    assert_eq!(order_of(&policy, &pools), ["h@b", "h@a", "h@c"]);
}

fn thin(host: &str, ratio: f64, free_gib: f64) -> PoolState {
    pool_of(
        service(host),
        json!({"total_capacity_gb": 100, "free_capacity_gb": free_gib, "provisioned_capacity_gb": 50,
               "thin_provisioning_support": true, "max_over_subscription_ratio": ratio}),
    )
}

#[test]
fn capacity_is_what_can_be_promised() {
    let pools = [thick("h@thick", 100.0, 90.0), thin("h@thin", 3.0, 10.0)];
    let policy = weighing(Weigher::Capacity, 1.0);
    assert_eq!(order_of(&policy, &pools), ["h@thin", "h@thick"]);
    let thick_type = with_specs(&[("provisioning:type", "thick")]);
    assert_eq!(order(&policy, &thick_type, &pools, || 0.0), ["h@thick", "h@thin"]);
}

#[test]
fn a_ratio_without_thin_support_weighs_nothing() {
    let mut boasting = thick("h@a", 100.0, 50.0);
    boasting.max_over_subscription_ratio = 20.0;
    let pools = [boasting, thick("h@b", 100.0, 60.0)];
    assert_eq!(order_of(&weighing(Weigher::Capacity, 1.0), &pools), ["h@b", "h@a"]);
}

#[test]
fn endless_space_comes_last() {
    let untold = pool_of(service("h@u"), json!({"total_capacity_gb": 100, "free_capacity_gb": "unknown"}));
    let total_untold =
        pool_of(service("h@t"), json!({"total_capacity_gb": "unknown", "free_capacity_gb": 5000}));
    let pools = [
        endless("h@e", json!({})),
        untold,
        total_untold,
        thick("h@a", 100.0, 0.0),
        thick("h@b", 100.0, 10.0),
    ];
    let spread = order_of(&weighing(Weigher::Capacity, 1.0), &pools);
    assert_eq!(spread, ["h@b", "h@a", "h@e", "h@u", "h@t"]);
    let stack = order_of(&weighing(Weigher::Capacity, -1.0), &pools);
    assert_eq!(stack, ["h@a", "h@b", "h@e", "h@u", "h@t"]);
}

#[test]
fn what_stands_for_endless_space() {
    let pools = [endless("h@e", json!({})), thick("h@a", 100.0, 20.0), thick("h@b", 100.0, 60.0)];
    // Spreading: -1 below 20 and 60.
    let spread = weights(&weighing(Weigher::Capacity, 1.0), &pools);
    assert_eq!(spread, [0.0, 21.0 / 61.0, 1.0]);
    // Stacking: 60 + 100 * (60 - 20) = 4060.
    let stack = weights(&weighing(Weigher::Capacity, -1.0), &pools);
    assert_eq!(stack, [-1.0, 0.0, -40.0 / 4040.0]);
    // Stacking with a single finite weight: 10000 above it.
    let raw = stochastic(Weigher::Capacity, -1.0);
    assert_eq!(weights(&raw, &pools[..2]), [-10_020.0, -20.0]);
    // Nothing but endless space is all the same.
    let all = [endless("h@e", json!({})), endless("h@f", json!({}))];
    assert_eq!(weights(&weighing(Weigher::Capacity, -1.0), &all), [0.0, 0.0]);
}

#[test]
fn allocated_capacity_and_volume_number() {
    let mut pools = [thick("h@a", 100.0, 50.0), thick("h@b", 100.0, 50.0), thick("h@c", 100.0, 50.0)];
    for (pool, (allocated, count)) in pools.iter_mut().zip([(30.0, 5), (10.0, 9), (20.0, 1)]) {
        pool.allocated_gib = allocated;
        pool.volume_count = count;
    }
    assert_eq!(order_of(&weighing(Weigher::AllocatedCapacity, -1.0), &pools), ["h@b", "h@c", "h@a"]);
    assert_eq!(order_of(&weighing(Weigher::AllocatedCapacity, 1.0), &pools), ["h@a", "h@c", "h@b"]);
    assert_eq!(order_of(&weighing(Weigher::VolumeNumber, -1.0), &pools), ["h@c", "h@a", "h@b"]);
    assert_eq!(order_of(&weighing(Weigher::VolumeNumber, 1.0), &pools), ["h@b", "h@a", "h@c"]);
}

#[test]
fn chance() {
    let pools = [thick("h@a", 100.0, 50.0), thick("h@b", 100.0, 50.0), thick("h@c", 100.0, 50.0)];
    let mut numbers = [0.3, 0.9, 0.6].into_iter();
    let found =
        order(&weighing(Weigher::Chance, 1.0), &Request::create(1), &pools, || numbers.next().unwrap());
    assert_eq!(found, ["h@b", "h@c", "h@a"]);
}

#[test]
fn a_lottery_by_raw_weight() {
    let pools = [thick("h@a", 100.0, 10.0), thick("h@b", 100.0, 60.0), thick("h@c", 100.0, 30.0)];
    let policy = stochastic(Weigher::Capacity, 1.0);
    assert_eq!(policy.handler, Handler::Stochastic);
    for (drawn, expected) in [
        (0.0, ["h@a", "h@b", "h@c"]),
        (0.099, ["h@a", "h@b", "h@c"]),
        // A running sum that only reaches the number drawn does not win.
        (0.1, ["h@b", "h@c", "h@a"]),
        (0.699, ["h@b", "h@c", "h@a"]),
        (0.7, ["h@c", "h@a", "h@b"]),
        (0.999, ["h@c", "h@a", "h@b"]),
    ] {
        assert_eq!(order(&policy, &Request::create(1), &pools, || drawn), expected, "{drawn}");
    }
    assert_eq!(weights(&policy, &pools), [10.0, 60.0, 30.0], "not normalised");
}

#[test]
fn a_lottery_without_weight_has_the_first_win() {
    let pools = [thick("h@a", 100.0, 0.0), thick("h@b", 100.0, 0.0)];
    assert_eq!(
        order(&stochastic(Weigher::Capacity, 1.0), &Request::create(1), &pools, || 0.7),
        ["h@a", "h@b"]
    );
}
