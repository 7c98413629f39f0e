//! `openstack quota …`, unmodified.

use blackbox::Serve;
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
fn an_image_of_a_volume_obeys_the_quota_of_images() {
    let server = Serve::new().config("[DEFAULT]\nuser_storage_quota = 1000\n").start();
    let demo = server.member();
    let disk = demo.make_volume(json!({"size": 1}));
    let asked = json!({"os-volume_upload_image": {"image_name": "i", "disk_format": "raw"}});
    let asked = demo.post(&format!("/volumes/{disk}/action"), &asked).expect(202).json();
    let image = asked["os-volume_upload_image"]["image_id"].as_str().expect("an image").to_owned();
    demo.await_volume(&disk, "available");
    let told = demo.list("/messages", "messages");
    let why = "Image exceeds the storage quota: The size of the data 1073741824 will exceed the limit. 1000 bytes \
               remaining.";
    assert!(told[0]["user_message"].as_str().is_some_and(|text| text.contains(why)), "{told:?}");
    let [_, _, port] = server.ports();
    let gone = demo.send("GET", &format!("http://127.0.0.1:{port}/v2/images/{image}"));
    assert_eq!(gone.status, 404, "{}", gone.text());
    let left = std::fs::read_dir(server.data_dir().join("images")).expect("the image store").count();
    assert_eq!(left, 0);
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
