//! DriverFilter and GoodnessWeigher: formulas about pools and requests.

use placement::evaluator::EvalError;
use placement::{Demand, Filter, FunctionError, PoolState, Refusal, Request, Weigher, choose};
use serde_json::{Value, json};

use crate::support::{object, order, passes, pool, pool_of, service, verdict, weighing};

fn with_function(function: &str) -> PoolState {
    pool(json!({
        "volume_backend_name": "gold", "vendor_name": "Acme", "driver_version": "3.1", "storage_protocol": "fc",
        "total_capacity_gb": 100, "free_capacity_gb": "unknown", "allocated_capacity_gb": 40, "reserved_percentage": 5,
        "QoS_support": true, "temperature": 55.5, "label": "12", "broken": null, "list": [1], "filter_function": function,
    }))
}

fn request() -> Request {
    Request {
        extra_specs: [
            ("tier".to_owned(), Some("fast".to_owned())),
            ("level".to_owned(), Some("7".to_owned())),
        ]
        .into(),
        qos_specs: [("maxiops".to_owned(), "500".to_owned())].into(),
        properties: object(json!({"size": 8, "display_name": "disk", "multiattach": false})),
        ..Request::create(8)
    }
}

#[test]
fn names() {
    for (function, expected) in [
        ("stats.host == 'node1@lvm#gold'", true),
        ("stats.backend_id == 'node1@lvm#gold'", true),
        ("stats.volume_backend_name == gold", true),
        ("stats.vendor_name == 'Acme'", true),
        ("stats.driver_version > 3", true),
        ("stats.QoS_support == 1", true),
        ("stats.total_capacity_gb == 100", true),
        ("stats.allocated_capacity_gb + 1 == 41", true),
        ("stats.free_capacity_gb == unknown", true),
        ("stats.reserved_percentage == 5", true),
        ("stats.updated == 1", true),
        ("capabilities.temperature < 55.6", true),
        ("capabilities.temperature < 55.4", false),
        ("capabilities.label == 12", true),
        ("volume.size == 8", true),
        ("volume.display_name == disk", true),
        ("volume.multiattach == 0", true),
        ("extra.tier == fast", true),
        ("extra.level >= 7", true),
        ("qos.maxiops <= 500", true),
        ("5", true),
        ("0", false),
        ("'text'", true),
    ] {
        assert_eq!(passes(Filter::Driver, &request(), &with_function(function)), expected, "{function}");
    }
}

#[test]
fn what_cannot_be_computed_fails_the_pool() {
    for name in [
        "stats.cluster_name",
        "stats.provisioned_capacity_gb",
        "stats.unheard",
        "capabilities.broken",
        "capabilities.list",
        "capabilities.unheard",
        "volume.unheard",
        "extra.unheard",
        "qos.unheard",
        "other.thing",
    ] {
        assert_eq!(
            verdict(Filter::Driver, &request(), &with_function(&format!("{name} or 1"))),
            Err(Refusal::FunctionFails(FunctionError::Evaluation(EvalError::NoValue(name.to_owned()))))
        );
    }
    let refusal = verdict(Filter::Driver, &request(), &with_function("1 +")).unwrap_err();
    assert_eq!(refusal.to_string(), "its filter function fails: at byte 3: unexpected end");
    assert_eq!(verdict(Filter::Driver, &request(), &with_function("1 > 2")), Err(Refusal::FunctionSaysNo));
}

#[test]
fn without_a_function_every_volume_passes() {
    assert!(passes(Filter::Driver, &request(), &pool(json!({}))));
    assert!(passes(Filter::Driver, &request(), &pool(json!({"filter_function": null}))));
}

#[test]
fn any_spelling_of_the_protocol_will_do() {
    for spelling in ["FC", "fibre_channel", "fc"] {
        for space in ["stats", "capabilities"] {
            let function = format!("{space}.storage_protocol == '{spelling}'");
            assert!(passes(Filter::Driver, &request(), &with_function(&function)), "{function}");
        }
    }
    assert!(!passes(Filter::Driver, &request(), &with_function("stats.storage_protocol == iSCSI")));
}

#[test]
fn the_size_is_known_even_when_no_properties_are_given() {
    let small = with_function("volume.size < 10");
    assert!(passes(Filter::Driver, &Request::create(9), &small));
    assert!(!passes(Filter::Driver, &Request::create(10), &small));
    let extend =
        Request { demand: Demand::Extend { from_gib: 5, to_gib: 50, attached: false }, ..Request::default() };
    assert!(passes(Filter::Driver, &extend, &small), "the volume's size, not what it shall become");
}

#[test]
fn a_charge_shows() {
    let mut pool =
        pool(json!({"total_capacity_gb": 100, "free_capacity_gb": 100, "allocated_capacity_gb": 0,
        "filter_function": "stats.allocated_capacity_gb < 10 and capabilities.free_capacity_gb > 90"}));
    assert!(passes(Filter::Driver, &request(), &pool));
    pool.charge(10);
    assert!(!passes(Filter::Driver, &request(), &pool));
}

fn goodness(function: Value) -> f64 {
    let mut report = json!({"storage_protocol": "fc", "temperature": 20});
    report["goodness_function"] = function;
    // Weighed beside a pool at 0 and one at 100, the normalised weight is the rating in percent.
    let pools = [
        pool_of(service("h@subject"), report),
        pool_of(service("h@worst"), json!({"goodness_function": "0"})),
        pool_of(service("h@best"), json!({"goodness_function": "100"})),
    ];
    let choice = choose(&weighing(Weigher::Goodness, 1.0), &request(), &pools, || 0.0).unwrap();
    choice.ranked().iter().find(|ranked| ranked.index == 0).unwrap().weight * 100.0
}

#[test]
fn goodness_is_between_0_and_100() {
    for (function, expected) in [
        (json!("50"), 50.0),
        (json!(50), 50.0),
        (json!("(volume.size < 5) ? 100 : 25"), 25.0),
        (json!("100 - capabilities.temperature"), 80.0),
        (json!("volume.size == 8"), 100.0),
        (json!("volume.size == 9"), 0.0),
        (json!("101"), 0.0),
        (json!("0 - 1"), 0.0),
        (json!("'text'"), 0.0),
        (json!("1 / 0"), 0.0),
        (json!("1 +"), 0.0),
        (json!(null), 0.0),
        // The best over the spellings.
        (json!("stats.storage_protocol == fibre_channel ? 70 : 30"), 70.0),
    ] {
        let found = goodness(function.clone());
        assert!((found - expected).abs() < 1e-9, "{function}: {found}, not {expected}");
    }
}

#[test]
fn the_better_pool_goes_first() {
    let pools = [
        pool_of(service("h@one"), json!({"goodness_function": "(volume.size < 5) ? 100 : 50"})),
        pool_of(service("h@two"), json!({"goodness_function": "(volume.size >= 5) ? 100 : 25"})),
    ];
    let policy = weighing(Weigher::Goodness, 1.0);
    assert_eq!(order(&policy, &Request::create(10), &pools, || 0.0), ["h@two", "h@one"]);
    assert_eq!(order(&policy, &Request::create(3), &pools, || 0.0), ["h@one", "h@two"]);
}
