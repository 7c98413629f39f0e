//! `openstack quota …`, unmodified.

use blackbox::clients::{self, rows_where};
use serde_json::{Value, json};

/// One column of one resource in what `quota show` printed.
#[track_caller]
fn quota(list: &Value, resource: &str, column: &str) -> i64 {
    let rows = rows_where(list, "Resource", resource);
    let value = rows.first().and_then(|row| row[column].as_i64());
    value.unwrap_or_else(|| panic!("no {column} of {resource} in {list}"))
}

#[test]
fn a_limit_is_set_met_and_lifted() {
    let Some((server, demo, admin)) = clients::world() else { return };
    let watch = server.member();
    let project = watch.project_id.clone();
    admin.openstack_does(&["quota", "set", "--volumes", "1", "--gigabytes", "5", &project]);
    watch.make_volume(json!({"size": 1}));

    let complaint = demo.openstack_fails(&["volume", "create", "--size", "1", "second"]);
    let words = "VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded for quota 'volumes'.";
    assert!(complaint.contains(words), "{complaint}");

    admin.openstack_does(&["quota", "delete", "--volume", &project]);
    let disk = demo.openstack(&["volume", "create", "--size", "1", "second"]);
    watch.await_volume(disk["id"].as_str().expect("an id"), "available");
}

#[test]
fn usage_is_told() {
    let Some((server, demo, _)) = clients::world() else { return };
    let watch = server.member();
    let disk = watch.make_volume(json!({"size": 2}));
    watch.make_snapshot(&disk);
    let usage = demo.openstack(&["quota", "show", "--volume", "--usage"]);
    assert_eq!(quota(&usage, "volumes", "In Use"), 1);
    assert_eq!(quota(&usage, "snapshots", "In Use"), 1);
    assert_eq!(quota(&usage, "gigabytes", "In Use"), 4, "a snapshot counts its size");
    assert_eq!(quota(&usage, "volumes", "Reserved"), 0);
}

#[test]
fn the_defaults_are_cinders() {
    let Some((_server, demo, admin)) = clients::world() else { return };
    let limits = demo.openstack(&["quota", "show", "--volume"]);
    assert_eq!(quota(&limits, "volumes", "Limit"), 10);
    assert_eq!(quota(&limits, "gigabytes", "Limit"), 1000);
    assert_eq!(quota(&limits, "per-volume-gigabytes", "Limit"), -1);

    admin.openstack_does(&["quota", "set", "--default", "--volumes", "33"]);
    let limits = demo.openstack(&["quota", "show", "--volume"]);
    assert_eq!(quota(&limits, "volumes", "Limit"), 33);
}

#[test]
fn a_member_sets_no_quota() {
    let Some((server, demo, _)) = clients::world() else { return };
    let project = server.member().project_id;
    let complaint = demo.openstack_fails(&["quota", "set", "--volumes", "100", &project]);
    assert!(complaint.contains("403") || complaint.to_lowercase().contains("policy"), "{complaint}");
}
