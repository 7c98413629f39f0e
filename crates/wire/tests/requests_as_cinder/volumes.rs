//! Volumes, snapshots, types, quotas and services.

use wire::request::snapshot_actions::SnapshotAction;
use wire::request::type_actions::TypeAction;
use wire::request::volume_actions::VolumeAction;
use wire::request::{hosts, log_levels, metadata, quotas, services, snapshots, types, volumes};
use wire::{Fault, Microversion};

use crate::{Case, done};

/// What Cinder refuses only after its schema has let it through, or for want of a URL in the recording.
pub(crate) const LATER: &[&str] = &[
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

pub(crate) fn parse(case: &Case) -> Result<(), Fault> {
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
