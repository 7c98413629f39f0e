//! Compares replies, to the byte, with those that Cinder 29 gave about the same rows at the same microversions.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::fmt::Display;
use std::str::FromStr;

use model::limits::MESSAGE_TTL_SECONDS;
use model::message::Message;
use model::service::{Binary, Service};
use model::{
    AttachStatus, Metadata, MigrationStatus, ProjectId, Snapshot, SnapshotStatus, Timestamp, UserId, Volume,
    VolumeStatus, VolumeType,
};
use serde::Deserialize;
use wire::links::{Around, Endpoint};
use wire::query::{Params, ResourceFilters};
use wire::request::services::Switch;
use wire::view::limits::Limits;
use wire::view::quotas::{self, Set, Usage};
use wire::view::services::ServiceView;
use wire::view::types::ExtraSpecs;
use wire::view::volumes::{Show, Totals, VolumeView};
use wire::view::{
    hosts, messages, metadata, resource_filters, services, snapshots, types, versions, volumes, zones,
};
use wire::{Microversion, view};

/// One line of the recording.
#[derive(Deserialize)]
struct Case {
    what: String,
    /// The minor part of the microversion.
    at: u32,
    admin: bool,
    reply: String,
}

const PROJECT: &str = "f21a9c86d7114bf99c711f4874d80474";
const ROOT: &str = "http://localhost";

/// An identifier of one repeated digit.
fn id<T: FromStr>(digit: u8) -> T {
    let d = digit.to_string();
    let text = format!("{}-{}-4{}-8{}-{}", d.repeat(8), d.repeat(4), d.repeat(3), d.repeat(3), d.repeat(12));
    text.parse().ok().unwrap()
}

fn text(digit: u8) -> String {
    id::<model::VolumeId>(digit).to_string()
}

fn first_moment() -> Timestamp {
    Timestamp::parse("2026-11-20T18:40:32.356813").unwrap()
}

fn second_moment() -> Timestamp {
    Timestamp::parse("2026-11-20T18:40:33.000007").unwrap()
}

fn pairs(pairs: &[(&str, &str)]) -> Metadata {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// A volume that has just been asked for.
fn new_volume() -> Volume {
    Volume {
        id: id(1),
        project_id: ProjectId::new(PROJECT),
        user_id: UserId::new("c853ca26e8ea47978a52ee124a013d0e"),
        name: None,
        description: None,
        size_gib: 1,
        charged_gib: 1,
        consumes_quota: true,
        status: VolumeStatus::Creating,
        previous_status: None,
        attach_status: AttachStatus::Detached,
        migration_status: None,
        volume_type_id: id(4),
        availability_zone: "nova".to_owned(),
        host: None,
        bootable: false,
        multiattach: false,
        readonly: None,
        snapshot_id: None,
        source_volid: None,
        backup_id: None,
        group_id: None,
        encryption_key_id: None,
        replication_status: None,
        provider_location: None,
        provider_id: None,
        metadata: Metadata::default(),
        image_metadata: Metadata::default(),
        created_at: first_moment(),
        updated_at: None,
        launched_at: None,
        name_id: None,
        migrates_for: None,
    }
}

/// A volume that has everything that a volume can have.
fn full_volume() -> Volume {
    Volume {
        id: id(2),
        name: Some("disk \"1\"".to_owned()),
        description: Some("two\nlines".to_owned()),
        size_gib: 20,
        consumes_quota: false,
        status: VolumeStatus::ErrorManaging,
        migration_status: Some(MigrationStatus::Success),
        availability_zone: "az2".to_owned(),
        host: Some("node@local#pool".to_owned()),
        bootable: true,
        multiattach: true,
        readonly: Some(true),
        snapshot_id: Some(id(3)),
        source_volid: Some(id(1)),
        provider_id: Some("p-1".to_owned()),
        metadata: pairs(&[("k", "v"), ("a", "é\"")]),
        image_metadata: pairs(&[("image_id", "img"), ("container_format", "bare")]),
        created_at: second_moment(),
        updated_at: Some(second_moment()),
        launched_at: Some(second_moment()),
        name_id: None,
        migrates_for: None,
        ..new_volume()
    }
}

fn snapshot() -> Snapshot {
    Snapshot {
        id: id(3),
        volume_id: id(1),
        project_id: ProjectId::new(PROJECT),
        user_id: UserId::new("c853ca26e8ea47978a52ee124a013d0e"),
        name: Some("snap".to_owned()),
        description: Some("d".to_owned()),
        size_gib: 1,
        charged_gib: 1,
        consumes_quota: true,
        status: SnapshotStatus::Available,
        progress_percent: 100,
        group_snapshot_id: None,
        encryption_key_id: None,
        volume_type_id: id(4),
        provider_location: None,
        provider_id: None,
        metadata: pairs(&[("k", "v")]),
        image_metadata: Metadata::default(),
        created_at: first_moment(),
        updated_at: Some(second_moment()),
    }
}

fn default_type() -> VolumeType {
    VolumeType {
        id: id(4),
        name: "__DEFAULT__".to_owned(),
        description: Some("Default Volume Type".to_owned()),
        is_public: true,
        projects: Vec::new(),
        extra_specs: Metadata::default(),
        qos_specs_id: None,
        is_encrypted: false,
        created_at: first_moment(),
        updated_at: None,
    }
}

fn private_type() -> VolumeType {
    VolumeType {
        id: id(5),
        name: "fast".to_owned(),
        description: Some("d".to_owned()),
        is_public: false,
        projects: vec![ProjectId::new(PROJECT)],
        extra_specs: pairs(&[("a", "b"), ("multiattach", "<is> True")]),
        ..default_type()
    }
}

fn service(binary: Binary, host: &str, zone: &str, disabled_reason: Option<&str>) -> Service {
    Service {
        binary,
        host: host.to_owned(),
        uuid: text(7),
        availability_zone: zone.to_owned(),
        disabled: disabled_reason.is_some(),
        disabled_reason: disabled_reason.map(str::to_owned),
        frozen: false,
        heartbeat_at: second_moment(),
        backend_up: true,
        number: 1,
        cluster_name: None,
        replication_status: None,
        active_backend_id: None,
        started_at: None,
        clock_ahead_ms: 0,
        created_at: first_moment(),
        updated_at: second_moment(),
    }
}

fn message() -> Message {
    Message {
        id: id(6),
        project_id: ProjectId::new(PROJECT),
        request_id: Some("req-1".to_owned()),
        resource_type: "VOLUME".to_owned(),
        resource_uuid: Some(text(1)),
        event_id: "VOLUME_VOLUME_001_002".to_owned(),
        level: "ERROR".to_owned(),
        user_message: "schedule allocate volume:Driver is not initialized at present.".to_owned(),
        created_at: first_moment(),
    }
}

const ENDPOINT: Endpoint<'_> = Endpoint { root: ROOT, project: Some(PROJECT) };

fn next(path: &'static str, query: &str, marker: impl Display) -> Option<String> {
    Some(ENDPOINT.next_page(path, &Params::parse(query).unwrap(), &marker.to_string()))
}

/// Our reply, or nothing for a case that another function answers.
fn volume_reply(case: &Case) -> Option<Vec<u8>> {
    let (fresh, full, uuid) = (new_volume(), full_volume(), text(7));
    let links = ENDPOINT.links("volumes");
    let new_view = VolumeView { shared_targets: Some(true), ..VolumeView::new(&fresh, "__DEFAULT__") };
    let full_view = VolumeView {
        service_uuid: Some(&uuid),
        shared_targets: None,
        ..VolumeView::new(&full, "__DEFAULT__")
    };
    let changed = Show { admin: case.admin, ..Show::default() };
    let read =
        Show { host: case.admin, migration: case.admin, tenant: true, image_metadata: true, ..changed };
    let detail = |show| volumes::Detail { version: Microversion::v3(case.at), links: &links, show };
    let with_count = if case.at >= 45 { "&with_count=1" } else { "" };
    let page = |path| Around {
        next: next(path, &format!("limit=1&sort=size:asc{with_count}"), fresh.id),
        count: (case.at >= 45).then_some(2),
    };
    Some(match case.what.as_str() {
        "volume" => detail(read).one(&full_view),
        "volume new" => detail(read).one(&new_view),
        "volume updated" => detail(changed).one(&full_view),
        "volumes page" => volumes::summaries([&fresh], &links, &page("volumes")),
        "volumes detail page" => detail(read).list([new_view], &page("volumes/detail")),
        "volumes" => volumes::summaries([&fresh, &full], &links, &Around::default()),
        "volumes detail" => detail(read).list([new_view, full_view], &Around::default()),
        "no volumes" => volumes::summaries([], &links, &Around::default()),
        "volumes without project" => {
            let endpoint = Endpoint { project: None, ..ENDPOINT };
            let params = Params::parse("sort=size:asc&limit=1").unwrap();
            let next = Some(endpoint.next_page("volumes", &params, &fresh.id.to_string()));
            volumes::summaries([&fresh], &endpoint.links("volumes"), &Around { next, count: None })
        }
        "summary" => {
            let metadata = [("k".to_owned(), vec!["v".to_owned()]), ("a".to_owned(), vec!["é\"".to_owned()])];
            let metadata = if case.reply.contains("\"metadata\":{\"a\"") {
                [metadata[1].clone(), metadata[0].clone()]
            } else {
                metadata
            };
            Totals { count: 2, size_gib: 21, metadata: &metadata }.to_json(Microversion::v3(case.at))
        }
        "metadata" => metadata::all(&full.metadata),
        "metadata item" => metadata::item("k", "v"),
        _ => return None,
    })
}

fn snapshot_reply(case: &Case) -> Option<Vec<u8>> {
    let snapshot = snapshot();
    let detail = |extended| snapshots::Detail { version: Microversion::v3(case.at), extended };
    Some(match case.what.as_str() {
        "snapshot" => detail(true).one(&snapshot),
        "snapshot updated" => detail(false).one(&snapshot),
        "snapshots detail" => detail(true).list([&snapshot], &Around::default()),
        "snapshots" => {
            let next = next("snapshots", "limit=1&with_count=true", snapshot.id);
            snapshots::summaries([&snapshot], &Around { next, count: Some(1) })
        }
        _ => return None,
    })
}

fn type_reply(case: &Case) -> Option<Vec<u8>> {
    let (default, private) = (default_type(), private_type());
    let extra_specs = if case.admin { ExtraSpecs::All } else { ExtraSpecs::UserVisible };
    let detail = types::Detail { extra_specs, qos: case.admin, access: true };
    Some(match case.what.as_str() {
        "type" => detail.one(&private),
        "default type" => types::Detail { access: false, ..detail }.one(&default),
        "types" => {
            let next = next("types", "is_public=None&limit=2&sort=name:asc", private.id);
            detail.list([&default, &private], &Around { next, count: None })
        }
        "type updated" => types::managed(&private, false),
        "extra specs" => types::extra_specs(&private.extra_specs, extra_specs),
        "extra spec" => types::extra_spec("a", "b"),
        "type access" => types::access(&private),
        _ => return None,
    })
}

fn service_reply(case: &Case) -> Option<Vec<u8>> {
    let volume = service(Binary::Volume, "node@local", "nova", None);
    let scheduler = service(Binary::Scheduler, "node", "nova", None);
    let backup = service(Binary::Backup, "gone", "az2", Some("rack move"));
    let view = |service| ServiceView { service, is_up: false, replication_status: "not-capable" };
    let switch = |binary: &str, service: &str, reason: Option<&str>| Switch {
        host: "node".to_owned(),
        binary: binary.to_owned(),
        service: service.to_owned(),
        disabled_reason: reason.map(str::to_owned),
    };
    Some(match case.what.as_str() {
        "services" => services::list([&volume, &scheduler, &backup].map(view), Microversion::v3(case.at)),
        "service enabled" => services::switched(&switch("cinder-scheduler", "", None), false),
        "service disabled" => services::disabled_with_reason(&switch("", "cinder-scheduler", Some("why"))),
        "hosts" => hosts::list([&volume, &scheduler].map(view)),
        "zones" => zones::list([("nova", true)]),
        _ => return None,
    })
}

fn quota_reply(case: &Case) -> Option<Vec<u8>> {
    let limit = |limit, in_use| Usage { limit, in_use, reserved: 0 };
    let usages = [
        ("volumes", limit(10, 2)),
        ("per_volume_gigabytes", limit(-1, 0)),
        ("snapshots", limit(10, 1)),
        ("gigabytes", limit(1000, 22)),
        ("backups", limit(10, 0)),
        ("backup_gigabytes", limit(1000, 0)),
        ("volumes_fast", limit(-1, 0)),
        ("gigabytes_fast", limit(-1, 0)),
        ("snapshots_fast", limit(-1, 0)),
        ("volumes___DEFAULT__", limit(-1, 2)),
        ("gigabytes___DEFAULT__", limit(-1, 22)),
        ("snapshots___DEFAULT__", limit(-1, 1)),
        ("groups", limit(10, 0)),
    ];
    let limits = usages.map(|(name, usage)| (name, usage.limit));
    let updated = limits.map(|(name, limit)| (name, if name == "volumes" { 11 } else { limit }));
    let usage = |name: &str| usages.iter().find(|(other, _)| *other == name).unwrap().1;
    Some(match case.what.as_str() {
        "quotas" => quotas::limits(Set::Project(Some(PROJECT)), limits),
        "quota usage" => quotas::usages(Set::Project(Some(PROJECT)), usages),
        "quota class" => quotas::limits(Set::Class(Some("default")), limits),
        "quotas updated" => quotas::limits(Set::Project(None), updated),
        "limits" => Limits {
            volumes: usage("volumes"),
            snapshots: usage("snapshots"),
            gigabytes: usage("gigabytes"),
            backups: usage("backups"),
            backup_gigabytes: usage("backup_gigabytes"),
        }
        .to_json(true),
        _ => return None,
    })
}

fn other_reply(case: &Case) -> Option<Vec<u8>> {
    let message = message();
    let links = ENDPOINT.links("messages");
    Some(match case.what.as_str() {
        "message" => messages::one(&message, MESSAGE_TTL_SECONDS, &links),
        "messages" => {
            let next = next("messages", "limit=1", message.id);
            messages::list([&message], MESSAGE_TTL_SECONDS, &links, &Around { next, count: None })
        }
        "filters" => resource_filters::list(&ResourceFilters::default(), Some("group")),
        "versions" => versions::list(ROOT),
        _ => return None,
    })
}

#[test]
fn replies_as_cinder_does() {
    let recording = std::fs::read_to_string("tests/golden/replies.jsonl").unwrap();
    let mut differences = Vec::new();
    for line in recording.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let reply = [volume_reply, snapshot_reply, type_reply, service_reply, quota_reply, other_reply]
            .iter()
            .find_map(|answer| answer(&case))
            .unwrap_or_else(|| panic!("the recording has {}", case.what));
        let ours = String::from_utf8(reply).unwrap();
        if ours != case.reply {
            differences
                .push(format!("{} 3.{}\n    ours:   {ours}\n    theirs: {}", case.what, case.at, case.reply));
        }
    }
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn every_extension_can_be_shown() {
    let listed: serde_json::Value = serde_json::from_slice(&view::extensions::list()).unwrap();
    let listed = listed["extensions"].as_array().unwrap();
    assert_eq!(listed.len(), 32);
    for extension in listed {
        let shown = view::extensions::one(extension["alias"].as_str().unwrap()).unwrap();
        let shown: serde_json::Value = serde_json::from_slice(&shown).unwrap();
        assert_eq!(&shown["extension"], extension);
    }
    assert_eq!(view::extensions::one("nothing"), None);
}
