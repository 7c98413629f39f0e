//! CapabilitiesFilter and the operators of extra specs.

use placement::{Demand, Filter, PoolState, Refusal, Request};
use serde_json::{Value, json};

use crate::support::{endless, passes, verdict, with_specs};

fn meets(capability: Value, requirement: &str) -> bool {
    passes(
        Filter::Capabilities,
        &with_specs(&[("c", requirement)]),
        &endless("h@b", json!({ "c": capability })),
    )
}

#[test]
fn operators() {
    for (capability, requirement, expected) in [
        // Without an operator: the very same text.
        (json!("lvm1"), "lvm1", true),
        (json!("lvm1"), "lvm", false),
        (json!("two words"), "two words", true),
        (json!("two  words"), "two words", false),
        (json!(5), "5", false),
        (json!(true), "True", false),
        (json!(""), "", true),
        (json!("< 5"), "< 5", true),
        (json!(3), "< 5", false),
        (json!(7), "> 5", false),
        // `=` is at least.
        (json!(5), "= 5", true),
        (json!(6), "= 5", true),
        (json!(4), "= 5", false),
        (json!("6"), "= 5", true),
        (json!(" 6 "), "= 5", true),
        (json!("six"), "= 5", false),
        (json!(6), "= five", false),
        (json!(6), "=", false),
        (json!(5), "== 5.0", true),
        (json!(true), "== 1", true),
        (json!(5.5), "== 5", false),
        (json!(5), "!= 6", true),
        (json!(5), "!= 5", false),
        (json!("x"), "!= 5", false),
        (json!(5), ">= 5", true),
        (json!(4.9), ">= 5", false),
        (json!(5), "<= 5", true),
        (json!(5.1), "<= 5", false),
        (json!(100), ">= 100 and more", true),
        (json!("abc"), "s== abc", true),
        (json!("abc"), "s== abd", false),
        (json!(1), "s== 1", false),
        (json!("abc"), "s!= abd", true),
        (json!("abc"), "s!= abc", false),
        (json!(1), "s!= 1", true),
        (json!("b"), "s> a", true),
        (json!("b"), "s> b", false),
        (json!("b"), "s>= b", true),
        (json!("b"), "s< c", true),
        (json!("b"), "s< b", false),
        (json!("b"), "s<= b", true),
        (json!(2), "s<= 3", false),
        (json!("10"), "s< 9", true),
        (json!("ssd,nvme"), "<in> nvme", true),
        (json!("ssd"), "<in> nvme", false),
        (json!(12), "<in> 1", false),
        (json!({"gold": 1}), "<in> gold", true),
        (json!({"gold": 1}), "<in> silver", false),
        (json!(true), "<is> True", true),
        (json!(true), "<is> yes", true),
        (json!(true), "<is> False", false),
        (json!(false), "<is> no", true),
        (json!(false), "<is> anything", true),
        (json!("on"), "<is> t", true),
        (json!("Y"), "<is> 1", true),
        (json!(1), "<is> true", true),
        (json!(0), "<is> true", false),
        (json!(true), "<is>", false),
        (json!("b"), "<or> a <or> b", true),
        (json!("c"), "<or> a <or> b", false),
        (json!("a"), "<or> a", true),
        (json!("a"), "<or>", false),
        (json!("<or>"), "<or> a <or> b", false),
        (json!("b"), "<or> a or b", true),
        (json!(1), "<or> 1", false),
        // Null meets nothing.
        (json!(null), "null", false),
        (json!(null), "<is> False", false),
        (json!(null), "s!= x", false),
        // Of a list one element is enough.
        (json!(["a", "b"]), "b", true),
        (json!(["a", "b"]), "c", false),
        (json!([]), "c", false),
        (json!([1, 9]), ">= 5", true),
        (json!([["a"]]), "<in> a", true),
    ] {
        assert_eq!(meets(capability.clone(), requirement), expected, "{capability} against {requirement:?}");
    }
}

#[test]
fn a_null_requirement_wants_null() {
    let mut request = with_specs(&[]);
    request.extra_specs.insert("c".to_owned(), None);
    assert!(passes(Filter::Capabilities, &request, &endless("h@b", json!({"c": null}))));
    assert!(!passes(Filter::Capabilities, &request, &endless("h@b", json!({"c": "x"}))));
    assert!(!passes(Filter::Capabilities, &request, &endless("h@b", json!({}))));
}

#[test]
fn scopes() {
    let pool = endless("h@b", json!({"c": "x", "deep": {"er": {"est": "y"}}}));
    for (key, value, expected) in [
        ("c", "x", true),
        ("capabilities:c", "x", true),
        ("capabilities:c", "z", false),
        ("c", "z", false),
        ("unheard", "x", false),
        ("capabilities:unheard", "x", false),
        ("capabilities:deep:er:est", "y", true),
        ("capabilities:deep:er:est", "z", false),
        ("capabilities:deep:er", "<in> est", true),
        ("capabilities:deep:nothing", "y", false),
        ("capabilities:c:further", "y", false),
        ("capabilities:", "y", false),
        // Any other scope is for the driver.
        ("hpe3par:x", "anything", true),
        ("provisioning:type", "thick", true),
        ("RESKEY:availability_zones", "az1", true),
        ("deep:er:est", "wrong", true),
    ] {
        assert_eq!(
            passes(Filter::Capabilities, &with_specs(&[(key, value)]), &pool),
            expected,
            "{key}={value}"
        );
    }
}

#[test]
fn typical_specs() {
    let pool = endless(
        "h@b",
        json!({"volume_backend_name": "lvm1", "multiattach": true, "thin_provisioning_support": true,
               "storage_protocol": "iscsi", "replication_enabled": false}),
    );
    for (key, value, expected) in [
        ("volume_backend_name", "lvm1", true),
        ("volume_backend_name", "lvm2", false),
        ("multiattach", "<is> True", true),
        ("thin_provisioning_support", "<is> True", true),
        ("replication_enabled", "<is> True", false),
        ("storage_protocol", "iSCSI", true),
        ("storage_protocol", "iscsi", true),
        ("storage_protocol", "<in> SCSI", true),
        ("storage_protocol", "FC", false),
    ] {
        assert_eq!(
            passes(Filter::Capabilities, &with_specs(&[(key, value)]), &pool),
            expected,
            "{key}={value}"
        );
    }
}

#[test]
fn every_spec_has_to_be_met() {
    let pool = endless("h@b", json!({"a": "1", "b": "2"}));
    assert!(passes(Filter::Capabilities, &with_specs(&[("a", "1"), ("b", "2")]), &pool));
    assert!(!passes(Filter::Capabilities, &with_specs(&[("a", "1"), ("b", "3")]), &pool));
    assert!(passes(Filter::Capabilities, &with_specs(&[]), &pool));
}

#[test]
fn space_is_as_of_now() {
    let mut pool = crate::support::thick("h@b", 200.0, 120.0);
    let request = with_specs(&[("free_capacity_gb", ">= 100")]);
    assert!(passes(Filter::Capabilities, &request, &pool));
    pool.charge(30);
    assert!(!passes(Filter::Capabilities, &request, &pool));
}

#[test]
fn extending_an_attached_volume() {
    let request = |attached| Request {
        demand: Demand::Extend { from_gib: 1, to_gib: 2, attached },
        ..Request::default()
    };
    let cannot = endless("h@b", json!({"online_extend_support": false}));
    let silent = endless("h@b", json!({}));
    assert_eq!(verdict(Filter::Capabilities, &request(true), &cannot), Err(Refusal::NoOnlineExtend));
    assert!(passes(Filter::Capabilities, &request(false), &cannot));
    assert!(passes(Filter::Capabilities, &request(true), &silent));
    assert!(passes(Filter::Capabilities, &Request::create(1), &cannot));
}

#[test]
fn refusals_tell_what_was_found() {
    let say = |specs: &[(&str, &str)], pool: &PoolState| {
        verdict(Filter::Capabilities, &with_specs(specs), pool).unwrap_err().to_string()
    };
    let pool = endless("h@b", json!({"a": "x", "list": ["p", 2, "q", "r"], "tree": {}, "n": 1.5}));
    assert_eq!(say(&[("a", "y")], &pool), "extra spec a=y is not met by x");
    assert_eq!(say(&[("capabilities:a", "y")], &pool), "extra spec a=y is not met by x");
    assert_eq!(say(&[("list", "y")], &pool), "extra spec list=y is not met by p/2/q");
    assert_eq!(say(&[("tree", "y")], &pool), "extra spec tree=y is not met by a dictionary");
    assert_eq!(say(&[("n", ">= 2")], &pool), "extra spec n=>= 2 is not met by 1.5");
    assert_eq!(say(&[("b", "y")], &pool), "nothing reported for extra spec b=y");
    let long = "v".repeat(10_000);
    assert!(say(&[("a", &long)], &pool).len() < 200);
}
