//! The filters other than those for capacity, capabilities and functions.

use placement::{Filter, Refusal, Refused, Request, RequestFault, Service, VolumeHome, choose};
use serde_json::{Value, json};

use crate::support::{ID_A, ID_B, only, passes, pool_of, service, thick, verdict, with_hints};

#[test]
fn names() {
    for (name, filter) in [
        ("AvailabilityZoneFilter", Filter::AvailabilityZone),
        ("CapacityFilter", Filter::Capacity),
        ("CapabilitiesFilter", Filter::Capabilities),
        ("TypeFilter", Filter::Capabilities),
        ("DriverFilter", Filter::Driver),
        ("InstanceLocalityFilter", Filter::InstanceLocality),
        ("DifferentBackendFilter", Filter::DifferentBackend),
        ("SameBackendFilter", Filter::SameBackend),
        ("RetryFilter", Filter::IgnoreAttemptedHosts),
        ("IgnoreAttemptedHostsFilter", Filter::IgnoreAttemptedHosts),
        ("JsonFilter", Filter::Json),
    ] {
        assert_eq!(Filter::parse(name), Some(filter), "{name}");
        assert_eq!(Filter::parse(filter.name()), Some(filter), "the name of {name} leads back");
    }
    assert_eq!(Filter::parse("capacityfilter"), None);
}

#[test]
fn zones() {
    let pool = thick("h@b", 10.0, 10.0);
    let request = |list: &[&str], single: Option<&str>| Request {
        availability_zones: list.iter().map(ToString::to_string).collect(),
        availability_zone: single.map(str::to_owned),
        ..Request::create(1)
    };
    for (list, single, expected) in [
        (&[][..], None, true),
        (&[], Some(""), true),
        (&[], Some("nova"), true),
        (&[], Some("az2"), false),
        (&["az2", "nova"], None, true),
        (&["az2", "az3"], None, false),
        // The list goes before the single zone.
        (&["nova"], Some("az2"), true),
        (&["az2"], Some("nova"), false),
    ] {
        assert_eq!(
            passes(Filter::AvailabilityZone, &request(list, single), &pool),
            expected,
            "{list:?} {single:?}"
        );
    }
    let refusal = verdict(Filter::AvailabilityZone, &request(&["az2", "az3"], None), &pool).unwrap_err();
    assert_eq!(refusal.to_string(), "in zone nova, az2 or az3 asked");
}

#[test]
fn backends_that_were_tried() {
    let clustered = Service { cluster_name: Some("c@b".to_owned()), ..service("h@b") };
    let clustered = pool_of(clustered, json!({"volume_backend_name": "pool"}));
    let plain = thick("h@b", 10.0, 10.0);
    let request = |tried: &[&str]| Request {
        attempted: tried.iter().map(ToString::to_string).collect(),
        ..Request::create(0)
    };
    let filter = Filter::IgnoreAttemptedHosts;
    assert!(passes(filter, &request(&[]), &plain));
    assert!(passes(filter, &request(&["h@b#other", "h@b"]), &plain));
    assert_eq!(verdict(filter, &request(&["x@y#z", "h@b#pool"]), &plain), Err(Refusal::AlreadyTried));
    assert!(passes(filter, &request(&["sibling@b#pool"]), &clustered));
    assert!(!passes(filter, &request(&["h@b#pool"]), &clustered));
    assert!(!passes(filter, &request(&["c@b#pool"]), &clustered), "the cluster was tried");
}

/// A request with this hint, where volume A lives on `h@b#pool` and volume B is unknown.
fn near(hint: &str, value: Value) -> Request {
    let home = VolumeHome { host: "h@b#pool".to_owned(), cluster_name: None };
    Request { hinted_volumes: [(ID_A.to_owned(), home)].into(), ..with_hints(json!({ hint: value })) }
}

#[test]
fn apart_and_together() {
    let (here, elsewhere) = (thick("h@b", 10.0, 10.0), thick("h@c", 10.0, 10.0));
    for (value, apart, together) in [
        (json!(ID_A), (false, true), (true, false)),
        (json!([ID_A]), (false, true), (true, false)),
        (json!([ID_B, ID_A]), (false, true), (true, false)),
        // Nobody knows volume B, so it lives nowhere.
        (json!(ID_B), (true, true), (false, false)),
        (json!([]), (true, true), (true, true)),
        (json!("not an id"), (false, false), (false, false)),
        (json!([ID_A, "not an id"]), (false, false), (false, false)),
        (json!([ID_A, 5]), (false, false), (false, false)),
        (json!(""), (false, false), (false, false)),
        (json!(null), (false, false), (false, false)),
        (json!({}), (false, false), (false, false)),
    ] {
        let request = near("different_host", value.clone());
        let found = (
            passes(Filter::DifferentBackend, &request, &here),
            passes(Filter::DifferentBackend, &request, &elsewhere),
        );
        assert_eq!(found, apart, "different_host {value}");
        let request = near("same_host", value.clone());
        let found =
            (passes(Filter::SameBackend, &request, &here), passes(Filter::SameBackend, &request, &elsewhere));
        assert_eq!(found, together, "same_host {value}");
    }
    assert!(passes(Filter::DifferentBackend, &Request::create(1), &here));
    assert!(passes(Filter::SameBackend, &Request::create(1), &here));
}

#[test]
fn a_pool_of_the_same_backend_is_another_place() {
    let mut neighbour = thick("h@b", 10.0, 10.0);
    neighbour.host = "h@b#pool2".to_owned();
    assert!(passes(Filter::DifferentBackend, &near("different_host", json!(ID_A)), &neighbour));
}

#[test]
fn in_a_cluster_its_name_counts() {
    let clustered = Service { cluster_name: Some("c@b".to_owned()), ..service("other@b") };
    let clustered = pool_of(clustered, json!({"volume_backend_name": "pool"}));
    let mut request = near("same_host", json!(ID_A));
    assert!(!passes(Filter::SameBackend, &request, &clustered));
    request.hinted_volumes.get_mut(ID_A).unwrap().cluster_name = Some("c@b#pool".to_owned());
    assert!(passes(Filter::SameBackend, &request, &clustered));
}

#[test]
fn ids_are_told_in_several_ways() {
    let here = thick("h@b", 10.0, 10.0);
    let bare = ID_A.replace('-', "");
    let upper = "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE";
    for id in [ID_A, &bare, upper, &format!("{{{ID_A}}}"), &format!("urn:uuid:{ID_A}")] {
        assert!(passes(Filter::DifferentBackend, &with_hints(json!({"different_host": id})), &here), "{id}");
    }
    for id in ["g1111111-1111-4111-8111-111111111111", "1111", &format!("{ID_A}0"), "----"] {
        assert!(!passes(Filter::DifferentBackend, &with_hints(json!({"different_host": id})), &here), "{id}");
    }
}

#[test]
fn the_facts_that_hints_need() {
    let request =
        with_hints(json!({"different_host": [ID_A, ID_B], "same_host": ID_A, "local_to_instance": ID_B}));
    assert_eq!(request.hinted_volume_ids(), [ID_A, ID_B, ID_A]);
    assert_eq!(placement::server_to_be_near(&request.hints), Some(ID_B));
    let wrong = with_hints(json!({"different_host": "x", "local_to_instance": "y"}));
    assert!(wrong.hinted_volume_ids().is_empty());
    assert_eq!(placement::server_to_be_near(&wrong.hints), None);
}

#[test]
fn near_to_an_instance() {
    let (here, elsewhere) = (thick("node7@b", 10.0, 10.0), thick("node8@b", 10.0, 10.0));
    let mut request = with_hints(json!({"local_to_instance": ID_A}));
    request.instance_host = Some("node7".to_owned());
    assert!(passes(Filter::InstanceLocality, &request, &here));
    let refusal = verdict(Filter::InstanceLocality, &request, &elsewhere).unwrap_err();
    assert_eq!(refusal.to_string(), "on node8, the server is on node7");
    for nothing in [json!({}), json!({"local_to_instance": null}), json!({"local_to_instance": ""})] {
        assert!(passes(Filter::InstanceLocality, &with_hints(nothing), &elsewhere));
    }
}

#[test]
fn an_instance_that_cannot_be_used_is_the_requests_fault() {
    let pools = [thick("node7@b", 10.0, 10.0)];
    let refused = |hint: Value| {
        let request = with_hints(json!({"local_to_instance": hint}));
        choose(&only(Filter::InstanceLocality), &request, &pools, || 0.0).unwrap_err()
    };
    assert_eq!(refused(json!("node7")), Refused::BadRequest(RequestFault::NotUuid("node7".to_owned())));
    assert_eq!(refused(json!("node7")).to_string(), "Expected a uuid but received node7.");
    assert_eq!(refused(json!(ID_A)).to_string(), "Hint \"local_to_instance\" not supported.");
    let elsewhere = with_hints(json!({"local_to_instance": "node7"}));
    assert!(
        choose(&only(Filter::Capacity), &elsewhere, &pools, || 0.0).is_ok(),
        "a filter that is not used minds nothing"
    );
}
