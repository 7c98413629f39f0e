//! What a report means.

use std::sync::Arc;

use placement::{
    Capacity, OverSubscription, PoolState, Report, ReportDefaults, ReportError, Service, merge, read_report,
};
use serde_json::{Value, json};

use crate::support::{object, pool, pool_of, service};

fn report(service: &Service, at_ms: u64, body: Value) -> Report {
    read_report(&Arc::new(service.clone()), &object(body), at_ms, &ReportDefaults::default()).unwrap()
}

fn error(body: Value) -> ReportError {
    read_report(&Arc::new(service("h@b")), &object(body), 0, &ReportDefaults::default()).unwrap_err()
}

#[test]
fn a_report_without_pools_is_one_pool_named_after_the_backend() {
    assert_eq!(pool(json!({"volume_backend_name": "gold"})).backend_id(), "node1@lvm#gold");
    assert_eq!(pool(json!({})).backend_id(), "node1@lvm#_pool0");
    assert_eq!(pool(json!({"pools": null})).backend_id(), "node1@lvm#_pool0");
    assert!(report(&service("h@b"), 0, json!({"pools": []})).pools.is_empty());
}

#[test]
fn the_cluster_takes_the_place_of_the_host_in_the_address() {
    let clustered = Service { cluster_name: Some("ceph@rbd".to_owned()), ..service("node1@rbd") };
    let pool = pool_of(clustered, json!({"pools": [{"pool_name": "p"}]}));
    assert_eq!(pool.host, "node1@rbd#p");
    assert_eq!(pool.backend_id(), "ceph@rbd#p");
    assert_eq!(pool.backend(), "ceph@rbd");
    assert_eq!(pool.host_part(), "ceph");
}

#[test]
fn pools_inherit_what_they_leave_out() {
    let report = report(
        &service("h@b"),
        0,
        json!({
            "volume_backend_name": "B", "vendor_name": "V", "driver_version": "2.0", "storage_protocol": "FC",
            "filter_function": "1 == 1", "goodness_function": "7", "custom": "not inherited",
            "pools": [
                {"pool_name": "bare"},
                {"pool_name": "full", "volume_backend_name": "own", "vendor_name": "W", "driver_version": "3",
                 "storage_protocol": "ceph", "filter_function": "0 == 1", "goodness_function": "9"},
                {"pool_name": "empty", "volume_backend_name": "", "vendor_name": null, "filter_function": null},
            ],
        }),
    );
    let [bare, full, empty] = report.pools.as_slice() else { panic!("three pools") };
    let heads =
        |pool: &PoolState| (pool.volume_backend_name.clone().unwrap(), pool.vendor_name.clone().unwrap());
    assert_eq!(heads(bare), ("B".to_owned(), "V".to_owned()));
    assert_eq!(bare.driver_version.as_deref(), Some("2.0"));
    assert_eq!(bare.storage_protocol, ["FC", "fibre_channel", "fc"]);
    assert_eq!(bare.filter_function.as_ref().unwrap().source(), "1 == 1");
    assert_eq!(bare.goodness_function.as_ref().unwrap().source(), "7");
    assert_eq!(bare.capabilities.get("vendor_name"), Some(&json!("V")));
    assert!(!bare.capabilities.contains_key("custom"));
    assert_eq!(heads(full), ("own".to_owned(), "W".to_owned()));
    assert_eq!(full.storage_protocol, ["ceph"]);
    assert_eq!(full.filter_function.as_ref().unwrap().source(), "0 == 1");
    assert_eq!(heads(empty), ("B".to_owned(), "V".to_owned()));
    assert_eq!(empty.filter_function, None, "a function that is there but null is none");
}

#[test]
fn a_shared_function_is_parsed_once() {
    let report = report(
        &service("h@b"),
        0,
        json!({"filter_function": "volume.size < 5", "pools": [{"pool_name": "a"}, {"pool_name": "b"}]}),
    );
    let [a, b] = report.pools.as_slice() else { panic!("two pools") };
    assert!(Arc::ptr_eq(a.filter_function.as_ref().unwrap(), b.filter_function.as_ref().unwrap()));
}

#[test]
fn protocols_are_spelled_out() {
    for (reported, spellings) in [
        ("iSCSI", vec!["iSCSI", "iscsi"]),
        ("iscsi", vec!["iSCSI", "iscsi"]),
        ("FC", vec!["FC", "fibre_channel", "fc"]),
        ("fc", vec!["FC", "fibre_channel", "fc"]),
        ("nfs", vec!["NFS", "nfs"]),
        ("NVMeOF", vec!["NVMe-oF", "NVMeOF", "nvmeof"]),
        ("ceph", vec!["ceph"]),
    ] {
        let pool = pool(json!({"storage_protocol": reported}));
        assert_eq!(pool.storage_protocol, spellings, "{reported}");
        if spellings.len() > 1 {
            assert_eq!(pool.capabilities.get("storage_protocol"), Some(&json!(spellings)));
        }
    }
}

#[test]
fn defaults_of_a_bare_pool() {
    let pool = pool(json!({}));
    assert_eq!((pool.total, pool.free), (Capacity::Gib(0.0), None));
    assert_eq!((pool.allocated_gib, pool.provisioned_gib, pool.reserved_percentage), (0.0, 0.0, 0.0));
    assert!(!pool.thin_provisioning_support && !pool.thick_provisioning_support);
    assert!(!pool.multiattach && !pool.qos_support);
    assert!(pool.online_extend_support);
    assert_eq!(pool.max_over_subscription_ratio, 1.0);
}

#[test]
fn provisioned_is_allocated_unless_told() {
    assert_eq!(pool(json!({"allocated_capacity_gb": 30})).provisioned_gib, 30.0);
    assert_eq!(
        pool(json!({"allocated_capacity_gb": 30, "provisioned_capacity_gb": 45.5})).provisioned_gib,
        45.5
    );
}

#[test]
fn values_in_their_words() {
    let told = pool(json!({
        "total_capacity_gb": "infinite", "free_capacity_gb": "unknown", "reserved_percentage": "12",
        "QoS_support": "False", "multiattach": "True", "online_extend_support": false,
    }));
    assert_eq!((told.total, told.free), (Capacity::Infinite, Some(Capacity::Unknown)));
    assert_eq!(told.reserved_percentage, 12.0);
    assert!(!told.qos_support && told.multiattach && !told.online_extend_support);
    assert_eq!(pool(json!({"free_capacity_gb": 12.5})).really_free_gib, Some(12.5));
}

#[test]
fn the_over_subscription_ratio() {
    let ratio = |extra: Value| {
        let mut report =
            json!({"total_capacity_gb": 100, "free_capacity_gb": 61, "thin_provisioning_support": true});
        report.as_object_mut().unwrap().extend(object(extra));
        pool(report).max_over_subscription_ratio
    };
    assert_eq!(ratio(json!({})), 20.0, "the service's own option");
    assert_eq!(ratio(json!({"max_over_subscription_ratio": 0})), 20.0);
    assert_eq!(ratio(json!({"max_over_subscription_ratio": ""})), 20.0);
    assert_eq!(ratio(json!({"max_over_subscription_ratio": 1.5})), 1.5);
    assert_eq!(ratio(json!({"max_over_subscription_ratio": "2.5"})), 2.5);
    assert_eq!(ratio(json!({"max_over_subscription_ratio": 9, "thin_provisioning_support": false})), 1.0);
    assert_eq!(ratio(json!({"max_over_subscription_ratio": 9, "free_capacity_gb": "unknown"})), 1.0);
    assert_eq!(ratio(json!({"max_over_subscription_ratio": 9, "total_capacity_gb": "infinite"})), 1.0);
    assert_eq!(ratio(json!({"max_over_subscription_ratio": "auto"})), 20.0, "nothing provisioned yet");
    let auto = json!({"max_over_subscription_ratio": "auto", "provisioned_capacity_gb": 80});
    assert_eq!(ratio(auto), 1.0 + 80.0 / (100.0 - 61.0 + 1.0));
    let more_free_than_total =
        json!({"max_over_subscription_ratio": "auto", "provisioned_capacity_gb": 8, "free_capacity_gb": 101});
    assert_eq!(ratio(more_free_than_total), 9.0);
}

#[test]
fn the_services_own_ratio_can_be_auto() {
    let defaults = ReportDefaults { max_over_subscription_ratio: "auto".parse().unwrap() };
    let body = json!({"total_capacity_gb": 10, "free_capacity_gb": 1, "provisioned_capacity_gb": 30, "thin_provisioning_support": true});
    let report = read_report(&Arc::new(service("h@b")), &object(body), 0, &defaults).unwrap();
    assert_eq!(report.pools[0].max_over_subscription_ratio, 4.0);
    assert_eq!("1.25".parse(), Ok(OverSubscription::Ratio(1.25)));
    assert!("automatic".parse::<OverSubscription>().is_err());
    assert!("nan".parse::<OverSubscription>().is_err());
}

#[test]
fn nonsense_is_named() {
    assert_eq!(error(json!({"pools": 7})), ReportError::Pools);
    assert_eq!(error(json!({"pools": [{}]})), ReportError::Pools);
    assert_eq!(error(json!({"pools": [1]})), ReportError::Pools);
    assert_eq!(
        error(json!({"pools": [{"pool_name": "a"}, {"pool_name": "a"}]})),
        ReportError::DuplicatePool("a".to_owned())
    );
    assert_eq!(error(json!({"pools": vec![json!({}); placement::MAX_POOLS + 1]})), ReportError::TooManyPools);
    assert_eq!(
        error(json!({"volume_backend_name": "x", "free_capacity_gb": []})).to_string(),
        "pool \"x\": \"free_capacity_gb\" is not a number, 'infinite' or 'unknown'"
    );
    assert_eq!(
        error(json!({"allocated_capacity_gb": "NaN"})).to_string(),
        "pool \"_pool0\": \"allocated_capacity_gb\" is not a number"
    );
    let thin = json!({"total_capacity_gb": 1, "free_capacity_gb": 1, "thin_provisioning_support": true,
                      "max_over_subscription_ratio": "much"});
    assert!(matches!(error(thin), ReportError::Value { key: "max_over_subscription_ratio", .. }));
}

#[test]
fn later_reports_replace_and_older_ones_are_ignored() {
    let (one, two) = (service("h@one"), service("h@two"));
    let mut known = Vec::new();
    assert!(merge(&mut known, report(&one, 10, json!({"pools": [{"pool_name": "a"}, {"pool_name": "b"}]}))));
    assert!(merge(&mut known, report(&two, 10, json!({"volume_backend_name": "c"}))));
    known[0].volume_count = 7;
    assert!(!merge(&mut known, report(&one, 9, json!({"pools": []}))), "older");
    assert_eq!(known.len(), 3);
    assert!(merge(
        &mut known,
        report(&one, 10, json!({"pools": [{"pool_name": "a", "allocated_capacity_gb": 5}]}))
    ));
    let mut names: Vec<(&str, u64, f64)> =
        known.iter().map(|pool| (pool.backend_id(), pool.volume_count, pool.allocated_gib)).collect();
    names.sort_by_key(|(name, _, _)| *name);
    assert_eq!(names, [("h@one#a", 7, 5.0), ("h@two#c", 0, 0.0)], "b is gone, a keeps its count");
}

#[test]
fn a_charge_counts_at_once_and_a_refund_takes_it_back() {
    let before = pool(json!({"total_capacity_gb": 100, "free_capacity_gb": 60, "allocated_capacity_gb": 40,
                             "provisioned_capacity_gb": 50}));
    let mut pool = before.clone();
    pool.charge(10);
    assert_eq!(
        (pool.allocated_gib, pool.provisioned_gib, pool.free),
        (50.0, 60.0, Some(Capacity::Gib(50.0)))
    );
    assert_eq!(pool.really_free_gib, Some(60.0));
    pool.refund(10);
    assert_eq!(pool, before);
}

#[test]
fn a_charge_leaves_endless_and_unknown_space_alone() {
    for word in ["infinite", "unknown"] {
        let mut pool = pool(json!({"total_capacity_gb": word, "free_capacity_gb": word}));
        let free = pool.free;
        pool.charge(10);
        assert_eq!((pool.allocated_gib, pool.free), (10.0, free));
    }
}
