//! What holds for any input.

use std::sync::Arc;

use placement::evaluator::Expression;
use placement::query::Query;
use placement::{
    Capacity, Demand, Filter, Policy, PolicyOptions, PoolState, Refused, ReportDefaults, Request, choose,
    read_report,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::evaluator::Sample;
use crate::support::{object, only, passes, pool_of, service};

/// GiB in steps of a hundredth: finer ones are rounded away by definition.
fn gib(most: u32) -> impl Strategy<Value = f64> {
    (0..most * 100).prop_map(|hundredths| f64::from(hundredths) / 100.0)
}

prop_compose! {
    fn any_pool()(
        number in 0..5u32,
        total in gib(500),
        free in prop_oneof![
            4 => gib(500).prop_map(|gib| json!(gib)),
            1 => Just(json!("infinite")),
            1 => Just(json!(null)),
        ],
        provisioned in gib(1000),
        reserved in 0..60u32,
        thin in any::<bool>(),
        ratio in 0.5..5.0f64,
        name in "[ab]",
        zone in "[xy]",
        function in prop_oneof![Just(None), Just(Some("volume.size < 50")), Just(Some("1 /"))],
        up in prop::bool::weighted(0.9),
    ) -> PoolState {
        let mut owner = service(&format!("h{number}@b"));
        owner.availability_zone = zone;
        owner.up = up;
        pool_of(owner, json!({
            "volume_backend_name": name, "total_capacity_gb": total, "free_capacity_gb": free,
            "provisioned_capacity_gb": provisioned, "reserved_percentage": reserved, "thin_provisioning_support": thin,
            "max_over_subscription_ratio": ratio, "filter_function": function,
        }))
    }
}

prop_compose! {
    fn any_request()(
        size in 0..200u64,
        zone in prop::option::of("[xy]"),
        name in prop::option::of("[ab]"),
        thick in any::<bool>(),
        bound in prop::option::of((0..5u32).prop_map(|number| format!("h{number}@b"))),
        attempted in prop::collection::vec("h[0-4]@b#[ab]", 0..3),
    ) -> Request {
        let mut extra_specs = std::collections::BTreeMap::new();
        if let Some(name) = name {
            extra_specs.insert("volume_backend_name".to_owned(), Some(name));
        }
        if thick {
            extra_specs.insert("provisioning:type".to_owned(), Some("thick".to_owned()));
        }
        Request { availability_zone: zone, extra_specs, resource_backend: bound, attempted, ..Request::create(size) }
    }
}

fn every_filter() -> Policy {
    let names: Vec<&str> = Filter::names().collect();
    Policy::from_options(&PolicyOptions {
        scheduler_default_filters: &names.join(","),
        scheduler_default_weighers: "CapacityWeigher,GoodnessWeigher,ChanceWeigher",
        ..PolicyOptions::default()
    })
    .unwrap()
}

/// Numbers that look random, the same in every run.
fn dice(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    }
}

proptest! {
    #[test]
    fn what_is_chosen_passes_every_filter_and_what_is_not_is_explained(
        pools in prop::collection::vec(any_pool(), 0..8),
        request in any_request(),
        seed in any::<u64>(),
    ) {
        let policy = every_filter();
        let passing: Vec<usize> = (0..pools.len())
            .filter(|index| policy.filters.iter().all(|filter| passes_unbound(*filter, &request, &pools[*index])))
            .filter(|index| request.resource_backend.as_ref().is_none_or(|backend| pools[*index].is_named(backend)))
            .collect();
        match choose(&policy, &request, &pools, dice(seed)) {
            Ok(choice) => {
                let mut ranked: Vec<usize> = choice.ranked().iter().map(|ranked| ranked.index).collect();
                prop_assert_eq!(choice.best(), ranked[0]);
                prop_assert!(choice.ranked().iter().all(|ranked| ranked.weight.is_finite()));
                ranked.sort_unstable();
                prop_assert_eq!(ranked, passing);
            }
            Err(Refused::NoPool(exclusions)) => {
                prop_assert!(passing.is_empty());
                let told = exclusions.each().len();
                prop_assert!(told <= pools.len());
                prop_assert!(request.resource_backend.is_some() || told == pools.len());
                prop_assert!(exclusions.to_string().chars().count() <= 701);
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn charging_never_over_commits(
        mut pool in any_pool(),
        sizes in prop::collection::vec(1..40u64, 1..60),
        thick in any::<bool>(),
    ) {
        Arc::make_mut(&mut pool.service).up = true;
        let before = pool.clone();
        let mut placed = 0;
        for size in sizes {
            let mut request = Request::create(size);
            if thick {
                request.extra_specs.insert("provisioning:type".to_owned(), Some("thick".to_owned()));
            }
            if passes(Filter::Capacity, &request, &pool) {
                pool.charge(size);
                placed += size;
            }
        }
        prop_assert!((pool.allocated_gib - before.allocated_gib - placed as f64).abs() < 1e-6);
        if let (Capacity::Gib(total), Some(Capacity::Gib(free))) = (before.total, before.free) {
            let unreserved = total - (total * before.reserved_percentage / 100.0).floor();
            let most = if before.thin_provisioning_support && !thick {
                unreserved * before.max_over_subscription_ratio - before.provisioned_gib
            } else {
                free.min(unreserved - before.provisioned_gib)
            };
            // Half a hundredth is what rounding may add.
            prop_assert!(placed as f64 <= most.max(0.0) + 0.005 + 1e-9, "{} placed, {} possible", placed, most);
        }
    }

    #[test]
    fn the_last_space_goes_to_exactly_as_many_as_fit(free in 1..500u64, size in 1..50u64) {
        let mut pools = [crate::support::thick("h@b", 1000.0, free as f64)];
        let mut placed = 0;
        for _ in 0..600 {
            if let Ok(choice) = choose(&Policy::default(), &Request::create(size), &pools, || 0.0) {
                pools[choice.best()].charge(size);
                placed += 1;
            }
        }
        prop_assert_eq!(placed, free / size);
    }

    #[test]
    fn a_refund_undoes_a_charge(pool in any_pool(), size in 0..1_000_000u64) {
        let mut changed = pool.clone();
        changed.charge(size);
        changed.refund(size);
        prop_assert!((changed.provisioned_gib - pool.provisioned_gib).abs() < 1e-6);
        prop_assert!((changed.allocated_gib - pool.allocated_gib).abs() < 1e-6);
    }

    #[test]
    fn no_formula_panics(source in "\\PC{0,60}") {
        if let Ok(expression) = Expression::parse(&source) {
            let _ = expression.evaluate(&Sample);
        }
    }

    #[test]
    fn no_likely_formula_panics(
        tokens in prop::collection::vec(prop_oneof![
            Just("("), Just(")"), Just("1"), Just("0"), Just("2.5"), Just("9999999999999999999999"), Just("'a'"), Just("-"),
            Just("+"), Just("*"), Just("/"), Just("^"), Just("<"), Just("=="), Just("?"), Just(":"), Just(","), Just("not"),
            Just("and"), Just("or"), Just("abs("), Just("max("), Just("stats.iops"), Just("stats.vendor_name"), Just("x"),
        ], 0..40),
    ) {
        if let Ok(expression) = Expression::parse(&tokens.join(" ")) {
            let _ = expression.evaluate(&Sample);
        }
    }

    #[test]
    fn no_query_panics(text in "\\PC{0,60}", json in any_json()) {
        let _ = Query::parse(&Value::String(text));
        let hint = Value::String(json.to_string());
        let request = Request { hints: object(json!({"query": hint})), ..Request::create(1) };
        let pools = [crate::support::thick("h@b", 10.0, 10.0)];
        let _ = choose(&only(Filter::Json), &request, &pools, || 0.0);
    }

    #[test]
    fn no_report_panics(report in prop::collection::hash_map(any_report_key(), any_json(), 0..8), size in any::<u64>()) {
        let report: Map<String, Value> = report.into_iter().collect();
        if let Ok(report) = read_report(&Arc::new(service("h@b")), &report, 0, &ReportDefaults::default()) {
            for demand in [Demand::Create { size_gib: size }, Demand::Extend { from_gib: size, to_gib: 1, attached: true }] {
                let _ = choose(&every_filter(), &Request { demand, ..Request::default() }, &report.pools, || 0.5);
            }
            for mut pool in report.pools {
                pool.charge(size);
                pool.refund(size);
            }
        }
    }

    #[test]
    fn no_hint_or_spec_panics(hints in prop::collection::hash_map(
        prop_oneof![Just("different_host"), Just("same_host"), Just("local_to_instance"), Just("query")], any_json(), 0..4),
        key in "[a-z:]{0,12}", spec in prop::option::of("(<or>|<in>|<is>|=|s==|>=)? ?\\PC{0,12}"),
    ) {
        let request = Request {
            hints: hints.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
            extra_specs: [(key, spec)].into(),
            ..Request::create(1)
        };
        let _ = choose(&every_filter(), &request, &[crate::support::thick("h@b", 10.0, 10.0)], || 0.5);
        let _ = request.hinted_volume_ids();
    }
}

fn passes_unbound(filter: Filter, request: &Request, pool: &PoolState) -> bool {
    passes(filter, &Request { resource_backend: None, ..request.clone() }, pool)
}

fn any_report_key() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("pools"),
        Just("pool_name"),
        Just("volume_backend_name"),
        Just("total_capacity_gb"),
        Just("free_capacity_gb"),
        Just("provisioned_capacity_gb"),
        Just("reserved_percentage"),
        Just("max_over_subscription_ratio"),
        Just("thin_provisioning_support"),
        Just("storage_protocol"),
        Just("filter_function"),
    ]
    .prop_map(str::to_owned)
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop_oneof![
            Just("infinite"),
            Just("auto"),
            Just("and"),
            Just("not"),
            Just("="),
            Just("$capabilities.a"),
            Just("1")
        ]
        .prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{1,4}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}
