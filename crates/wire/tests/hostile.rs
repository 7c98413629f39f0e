//! Whatever the body is, the answer is a value or a refusal of bounded length; never a panic, never a 500.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use model::limits::{MAX_BODY_BYTES, MAX_JSON_DEPTH};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use wire::request::snapshot_actions::SnapshotAction;
use wire::request::type_actions::TypeAction;
use wire::request::volume_actions::VolumeAction;
use wire::request::{default_types, hosts, metadata, quotas, services, snapshots, types, volumes};
use wire::{Fault, Microversion};

/// No refusal repeats more of a request than this, in bytes: a field, its value twice, and the words around them.
const MAX_REFUSAL_BYTES: usize = 16_384;

type Parser = fn(&[u8]) -> Result<(), Fault>;

/// Every parser, with the key that its body has around everything else.
const PARSERS: &[(&str, Parser)] = &[
    ("volume", |body| volumes::Create::parse(body, Microversion::MIN).map(drop)),
    ("volume", |body| volumes::Create::parse(body, Microversion::MAX).map(drop)),
    ("volume", |body| volumes::Update::parse(body, Microversion::MAX).map(drop)),
    ("snapshot", |body| snapshots::Create::parse(body, Microversion::MAX).map(drop)),
    ("snapshot", |body| snapshots::Update::parse(body).map(drop)),
    ("metadata", |body| metadata::of_volume(body).map(drop)),
    ("meta", |body| metadata::item_of_snapshot(body, "k").map(drop)),
    ("volume_type", |body| types::Create::parse(body).map(drop)),
    ("volume_type", |body| types::update(body).map(drop)),
    ("default_type", |body| default_types::volume_type(body).map(drop)),
    ("extra_specs", |body| types::extra_specs(body).map(drop)),
    ("k", |body| types::extra_spec(body, "k").map(drop)),
    ("quota_set", |body| quotas::of_project(body, |name| name != "bogus").map(drop)),
    ("quota_class_set", |body| quotas::of_class(body, |name| name != "bogus").map(drop)),
    ("host", |body| services::Switch::parse_with_reason(body).map(drop)),
    ("host", |body| services::Frozen::parse(body, Microversion::MAX).map(drop)),
    ("status", |body| hosts::enabled(body).map(drop)),
    ("os-extend", |body| VolumeAction::parse(body).map(drop)),
    ("os-reset_status", |body| VolumeAction::parse(body).map(drop)),
    ("os-set_image_metadata", |body| VolumeAction::parse(body).map(drop)),
    ("os-update_snapshot_status", |body| SnapshotAction::parse(body).map(drop)),
    ("addProjectAccess", |body| TypeAction::parse(body).map(drop)),
];

fn assert_answered_by(parse: Parser, body: &[u8]) {
    if let Err(fault) = parse(body) {
        assert!([400, 404, 413].contains(&fault.code), "{fault}");
        assert!(fault.message.len() <= MAX_REFUSAL_BYTES, "{} bytes", fault.message.len());
        assert!(serde_json::from_slice::<Value>(&fault.to_json()).is_ok(), "{fault}");
    }
}

fn assert_answered(body: &[u8]) {
    for (_, parse) in PARSERS {
        assert_answered_by(*parse, body);
    }
}

/// Keys that the parsers know, and some that they do not.
fn keys() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "volume",
            "snapshot",
            "metadata",
            "meta",
            "volume_type",
            "extra_specs",
            "quota_set",
            "size",
            "name",
            "description",
            "volume_id",
            "force",
            "status",
            "progress",
            "new_size",
            "host",
            "binary",
            "key",
            "k",
            "OS-SCH-HNT:scheduler_hints",
            "same_host",
            "multiattach",
            "volumes",
            "bogus",
            "project",
        ])
        .prop_map(str::to_owned),
        ".*",
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((keys(), inner), 0..6)
                .prop_map(|pairs| Value::Object(Map::from_iter(pairs))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_value_is_answered(value in values(), parser in 0..PARSERS.len()) {
        assert_answered(value.to_string().as_bytes());
        let (key, parse) = PARSERS[parser];
        assert_answered_by(parse, json!({ key: value }).to_string().as_bytes());
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        assert_answered(&bytes);
    }
}

#[test]
fn megabytes_are_refused_and_kilobytes_are_not_repeated() {
    assert_answered(&vec![b'['; 10_000_000]);
    let long = "x".repeat(MAX_BODY_BYTES - 1000);
    let many: Map<String, Value> = (0..5000).map(|n| (format!("key{n}"), json!(n))).collect();
    for (key, parse) in PARSERS {
        let inner = [
            json!(long),
            json!({ &long: 1 }),
            json!({"name": long}),
            json!([[long]]),
            json!({"status": long}),
            json!(many),
        ];
        for value in inner {
            assert_answered_by(*parse, json!({ *key: value }).to_string().as_bytes());
        }
        assert_answered_by(*parse, json!({ &long: {} }).to_string().as_bytes());
    }
}

#[test]
fn deep_bodies_are_refused() {
    let nest = |levels: usize| format!("{}1{}", "{\"volume\":".repeat(levels), "}".repeat(levels));
    for levels in [MAX_JSON_DEPTH, MAX_JSON_DEPTH + 1, 10_000] {
        assert_answered(nest(levels).as_bytes());
    }
    let deep = volumes::Create::parse(nest(MAX_JSON_DEPTH + 1).as_bytes(), Microversion::MAX);
    assert_eq!(deep, Err(Fault::malformed_body()));
}
