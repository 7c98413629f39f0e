//! Replays bodies that were put to the schemas of Cinder 29, and compares what each side says to them.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::fmt::Debug;

use serde::Deserialize;
use serde_json::Value;
use wire::request::snapshot_actions::SnapshotAction;
use wire::request::type_actions::TypeAction;
use wire::request::volume_actions::VolumeAction;
use wire::request::{hosts, log_levels, metadata, quotas, services, snapshots, types, volumes};
use wire::{Fault, Microversion};

/// One line of the recording.
#[derive(Deserialize)]
struct Case {
    /// The request.
    to: String,
    /// The minor part of the microversion.
    at: u32,
    body: Value,
    /// The refusal, or nothing.
    says: Option<String>,
}

/// What Cinder refuses only after its schema has let it through, or for want of a URL in the recording.
const LATER: &[&str] = &[
    "The server could not comply with the request since it is either malformed or otherwise incorrect.",
    "multiattach parameter has been removed.",
    "Value 'None' for 'multiattach' is not a boolean.",
    "Request body and URI mismatch",
    "Volume None could not be found.",
    "Volume type name can not be empty.",
    "Specify volume type name, description, is_public or a combination thereof.",
    "Invalid input received: Host field is missing.",
    "Invalid update setting: 'zz'",
    "Invalid input received:  is not a valid log level.",
];

fn parse(case: &Case) -> Result<(), Fault> {
    fn done<T: Debug>(parsed: Result<T, Fault>) -> Result<(), Fault> {
        parsed.map(|_| ())
    }
    let is_quota = |name: &str| ["volumes", "per_volume_gigabytes"].contains(&name);
    let body = serde_json::to_vec(&case.body).unwrap();
    let version = Microversion::v3(case.at);
    match case.to.as_str() {
        "volumes.create" => done(volumes::Create::parse(&body, version)),
        "volumes.update" => done(volumes::Update::parse(&body, version)),
        "volumes.metadata" => done(metadata::of_volume(&body)),
        "volumes.metadata_item" => done(metadata::item_of_volume(&body, "a")),
        "snapshots.create" => done(snapshots::Create::parse(&body, version)),
        "snapshots.update" => done(snapshots::Update::parse(&body)),
        "snapshots.metadata" => done(metadata::of_snapshot(&body)),
        "snapshots.metadata_item" => done(metadata::item_of_snapshot(&body, "a")),
        "snapshot.os-reset_status" | "os-update_snapshot_status" => done(SnapshotAction::parse(&body)),
        action if action.starts_with("os-") => done(VolumeAction::parse(&body)),
        "types.create" => done(types::Create::parse(&body)),
        "types.update" => done(types::update(&body)),
        "types.extra_specs" => done(types::extra_specs(&body)),
        "types.extra_spec" => done(types::extra_spec(&body, "a")),
        "types.add_access" | "types.remove_access" => done(TypeAction::parse(&body)),
        "quotas.update" => done(quotas::of_project(&body, is_quota)),
        "quota_classes.update" => done(quotas::of_class(&body, is_quota)),
        "services.enable" => done(services::Switch::parse(&body)),
        "services.disable_log_reason" => done(services::Switch::parse_with_reason(&body)),
        "services.freeze" => done(services::Frozen::parse(&body, version)),
        "services.set_log" => done(log_levels::Loggers::parse_with_level(&body)),
        "hosts.update" => done(hosts::enabled(&body)),
        unknown => panic!("the recording has {unknown}"),
    }
}

#[test]
fn says_what_cinder_says() {
    let recording = std::fs::read_to_string("tests/golden/requests.jsonl").unwrap();
    let mut differences = Vec::new();
    for line in recording.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let ours = parse(&case).err().map(|fault| fault.message.into_owned());
        let same = match (&case.says, &ours) {
            (None, Some(ours)) => LATER.iter().any(|later| ours.starts_with(later)),
            (theirs, ours) => theirs == ours,
        };
        if !same {
            differences.push(format!("{line}\n    ours: {ours:?}\n    theirs: {:?}", case.says));
        }
    }
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}
