//! The bodies that the API reference shows: requests are understood, replies have the same keys.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::path::Path;

use model::service::{Binary, Service};
use model::{ProjectId, Timestamp, VolumeTypeId};
use serde_json::{Value, json};
use wire::request::snapshot_actions::SnapshotAction;
use wire::request::type_actions::TypeAction;
use wire::request::volume_actions::VolumeAction;
use wire::request::{default_types, metadata, quotas, services, snapshots, types, volumes};
use wire::view::capabilities::Capabilities;
use wire::view::hosts::{Holding, holdings};
use wire::view::pools::{self, PoolView};
use wire::view::services::ServiceView;
use wire::{Fault, Microversion, view};

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(Path::new("tests/samples").join(name)).unwrap()
}

fn understand(name: &str) -> Result<(), Fault> {
    let body = sample(name);
    let newest = Microversion::MAX;
    match name {
        "volume-create-request.json" => volumes::Create::parse(&body, newest).map(drop),
        "volume-update-request.json" => volumes::Update::parse(&body, newest).map(drop),
        "volume-metadata-create-request.json" | "volume-metadata-update-request.json" => {
            metadata::of_volume(&body).map(drop)
        }
        "volume-metadata-update-key-request.json" => metadata::item_of_volume(&body, "name").map(drop),
        "snapshot-create-request.json" => snapshots::Create::parse(&body, newest).map(drop),
        "snapshot-update-request.json" => snapshots::Update::parse(&body).map(drop),
        "snapshot-metadata-create-request.json" | "snapshot-metadata-update-request.json" => {
            metadata::of_snapshot(&body).map(drop)
        }
        "snapshot-metadata-update-key-request.json" => metadata::item_of_snapshot(&body, "key").map(drop),
        "volume-type-create-request.json" => types::Create::parse(&body).map(drop),
        "volume-type-update-request.json" => types::update(&body).map(drop),
        "volume-type-extra-specs-create-update-request.json" => types::extra_specs(&body).map(drop),
        "volume-type-specific-extra-specs-update-request.json" => types::extra_spec(&body, "key1").map(drop),
        "set-default-type-request.json" => default_types::volume_type(&body).map(drop),
        "quotas-update-request.json" => quotas::of_project(&body, |_| true).map(drop),
        "quota-classes-update-request.json" => quotas::of_class(&body, |_| true).map(drop),
        "service-disable-log-reason-request.json" => services::Switch::parse_with_reason(&body).map(drop),
        "service-freeze-request.json" | "service-thaw-request.json" => {
            services::Frozen::parse(&body, newest).map(drop)
        }
        service if service.starts_with("service-") => services::Switch::parse(&body).map(drop),
        access if access.starts_with("volume-type-access-") => TypeAction::parse(&body).map(drop),
        snapshot if snapshot.starts_with("snapshot-") => SnapshotAction::parse(&body).map(drop),
        _ => VolumeAction::parse(&body).map(drop),
    }
}

#[test]
fn requests_are_understood() {
    let names = std::fs::read_dir("tests/samples").unwrap().map(|entry| entry.unwrap().file_name());
    let requests: Vec<String> = names
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.ends_with("-request.json"))
        .collect();
    assert_eq!(requests.len(), 35);
    for name in requests {
        assert_eq!(understand(&name), Ok(()), "{name}");
    }
}

/// The same keys at every depth; of arrays the first items are compared.
fn assert_same_keys(ours: &Value, theirs: &Value, path: &str) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let sorted = |keys: serde_json::map::Keys<'_>| {
                let mut keys: Vec<String> = keys.cloned().collect();
                keys.sort();
                keys
            };
            assert_eq!(sorted(ours.keys()), sorted(theirs.keys()), "at {path}");
            for (key, value) in ours {
                assert_same_keys(value, &theirs[key], &format!("{path}/{key}"));
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            if let (Some(ours), Some(theirs)) = (ours.first(), theirs.first()) {
                assert_same_keys(ours, theirs, path);
            }
        }
        _ => {}
    }
}

#[test]
fn a_backend_describes_itself() {
    let theirs: Value = serde_json::from_slice(&sample("backend-capabilities-response.json")).unwrap();
    let reply = Capabilities {
        host: "fake",
        vendor_name: "OpenStack",
        volume_backend_name: "lvmdriver-1",
        pool_name: Some("pool"),
        driver_version: "2.0.0",
        storage_protocol: "iSCSI",
        display_name: theirs["display_name"].as_str(),
        description: theirs["description"].as_str(),
        visibility: Some("public"),
        replication_targets: &[],
        properties: &theirs["properties"],
    };
    assert_eq!(serde_json::from_slice::<Value>(&reply.to_json()).unwrap(), theirs);
}

#[test]
fn pools_show_what_they_reported() {
    let theirs: Value = serde_json::from_slice(&sample("pools-list-detailed-response.json")).unwrap();
    let views = theirs["pools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pool| PoolView { name: pool["name"].as_str().unwrap(), capabilities: &pool["capabilities"] });
    let detailed: Value = serde_json::from_slice(&pools::list(views.clone(), true)).unwrap();
    assert_eq!(detailed, theirs);
    let plain: Value = serde_json::from_slice(&pools::list(views, false)).unwrap();
    assert_eq!(plain, json!({"pools": [{"name": "pool1"}, {"name": "pool2"}]}));
}

#[test]
fn a_host_shows_what_projects_have_on_it() {
    let all = Holding { project: None, volumes: 8, volumes_gib: 11, snapshots: 1, snapshots_gib: 1 };
    let one = Holding { project: Some("f21a9c86d7114bf99c711f4874d80474"), ..all };
    let ours: Value = serde_json::from_slice(&holdings("node1@rbd-sas", &[all, one])).unwrap();
    let theirs: Value = serde_json::from_slice(&sample("hosts-get-response.json")).unwrap();
    assert_eq!(ours, theirs);
    let switched: Value = serde_json::from_slice(&view::hosts::switched("h", false)).unwrap();
    assert_eq!(switched, json!({"host": "h", "status": "disabled"}));
}

#[test]
fn services_have_the_keys_of_3_49() {
    let service = |binary| Service {
        binary,
        host: "host1".to_owned(),
        uuid: String::new(),
        availability_zone: "cinder".to_owned(),
        disabled: false,
        disabled_reason: None,
        frozen: false,
        heartbeat_at: Timestamp(0),
        backend_up: true,
        number: 1,
        cluster_name: None,
        replication_status: None,
        active_backend_id: None,
        started_at: None,
        clock_ahead_ms: 0,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    };
    let theirs: Value = serde_json::from_slice(&sample("services-list-response.json")).unwrap();
    for (index, binary) in [Binary::Scheduler, Binary::Volume].into_iter().enumerate() {
        let service = service(binary);
        let view = ServiceView { service: &service, is_up: true, replication_status: "not-capable" };
        let reply = view::services::list([view], Microversion::v3(49));
        let ours: Value = serde_json::from_slice(&reply).unwrap();
        assert_same_keys(&ours["services"][0], &theirs["services"][index], "services");
    }
}

#[test]
fn default_types_name_projects_and_types() {
    let theirs: Value = serde_json::from_slice(&sample("get-default-types-response.json")).unwrap();
    let rows = theirs["default_types"].as_array().unwrap().iter().map(|row| {
        let project = ProjectId::new(row["project_id"].as_str().unwrap());
        (project, row["volume_type_id"].as_str().unwrap().parse().unwrap())
    });
    let rows: Vec<(ProjectId, VolumeTypeId)> = rows.collect();
    let ours: Value = serde_json::from_slice(&view::default_types::list(&rows)).unwrap();
    assert_eq!(ours, theirs);
    let (project, id) = &rows[0];
    let ours: Value = serde_json::from_slice(&view::default_types::one(project, *id)).unwrap();
    let theirs: Value = serde_json::from_slice(&sample("set-default-type-response.json")).unwrap();
    assert_eq!(ours, theirs);
}
