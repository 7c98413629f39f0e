//! `cinder …` of python-cinderclient, unmodified.

use blackbox::clients;
use serde_json::json;

#[test]
fn a_disk_is_created_shown_extended_and_deleted() {
    let Some((server, demo, _)) = clients::world() else { return };
    let watch = server.member();
    let made = demo.cinder(&["create", "--name", "disk1", "--description", "words", "1"]);
    let id = made.value("id").to_owned();
    watch.await_volume(&id, "available");

    let list = demo.cinder(&["list"]);
    let row = list.row("ID", &id);
    assert_eq!(row["Name"], "disk1");
    assert_eq!(row["Status"], "available");
    assert_eq!(row["Size"], "1");

    let shown = demo.cinder(&["show", "disk1"]);
    assert_eq!(shown.value("id"), id);
    assert_eq!(shown.value("description"), "words");
    assert_eq!(shown.value("volume_type"), "__DEFAULT__");

    demo.cinder(&["extend", "disk1", "2"]);
    assert_eq!(watch.await_volume(&id, "available")["size"], 2);

    demo.cinder(&["delete", "disk1"]);
    watch.await_gone(&format!("/volumes/{id}"));
    assert!(!demo.cinder_says(&["show", "disk1"]).success);
}

#[test]
fn the_poll_option_sees_the_end() {
    let Some((_server, demo, _)) = clients::world() else { return };
    let said = demo.cinder_says(&["create", "--poll", "--name", "awaited", "1"]);
    assert!(said.success, "{}", said.err);
    assert_eq!(demo.cinder(&["show", "awaited"]).value("status"), "available");
}

#[test]
fn a_snapshot_is_created_and_used() {
    let Some((server, demo, _)) = clients::world() else { return };
    let watch = server.member();
    let disk = watch.make_volume(json!({"size": 1, "name": "disk"}));
    let made = demo.cinder(&["snapshot-create", "--name", "snap", "disk"]);
    let snapshot = made.value("id").to_owned();
    assert_eq!(made.value("volume_id"), disk);
    watch.await_status(&format!("/snapshots/{snapshot}"), "snapshot", "available");
    assert_eq!(demo.cinder(&["snapshot-list"]).row("ID", &snapshot)["Name"], "snap");
    assert_eq!(demo.cinder(&["snapshot-show", "snap"]).value("status"), "available");

    let copy =
        demo.cinder(&["create", "--snapshot-id", &snapshot, "--name", "copy", "1"]).value("id").to_owned();
    watch.await_volume(&copy, "available");
    let clone =
        demo.cinder(&["create", "--source-volid", &disk, "--name", "clone", "1"]).value("id").to_owned();
    watch.await_volume(&clone, "available");

    demo.cinder(&["snapshot-delete", "snap"]);
    watch.await_gone(&format!("/snapshots/{snapshot}"));
}

#[test]
fn types_and_their_keys_are_managed() {
    let Some((_server, demo, admin)) = clients::world() else { return };
    let made = admin.cinder(&["type-create", "--description", "quick", "gold"]);
    let id = made.column("ID")[0].to_owned();
    admin.cinder(&["type-key", "gold", "set", "volume_backend_name=nowhere"]);
    let specs = admin.cinder(&["extra-specs-list"]);
    assert!(specs.row("ID", &id)["extra_specs"].contains("nowhere"), "{specs:?}");
    admin.cinder(&["type-key", "gold", "unset", "volume_backend_name"]);
    let specs = admin.cinder(&["extra-specs-list"]);
    assert_eq!(specs.row("ID", &id)["extra_specs"], "{}");

    assert_eq!(demo.cinder(&["type-list"]).row("ID", &id)["Name"], "gold");
    assert_eq!(demo.cinder(&["type-default"]).column("Name"), ["__DEFAULT__"]);
    admin.cinder(&["type-delete", "gold"]);
    assert!(!demo.cinder(&["type-list"]).column("Name").contains(&"gold"));
}

#[test]
fn services_zones_pools_and_limits_are_told() {
    let Some((_server, demo, admin)) = clients::world() else { return };
    let services = admin.cinder(&["service-list"]);
    assert_eq!(services.row("Binary", "cinder-volume")["State"], "up");
    assert_eq!(services.row("Binary", "cinder-scheduler")["Status"], "enabled");

    let zones = demo.cinder(&["availability-zone-list"]);
    assert_eq!(zones.row("Name", "nova")["Status"], "available");

    assert!(!admin.cinder(&["get-pools"]).0.is_empty());
    assert_eq!(demo.cinder(&["absolute-limits"]).row("Name", "maxTotalVolumes")["Value"], "10");
    let project = admin.openstack(&["project", "show", "admin"])["id"].as_str().expect("an id").to_owned();
    assert_eq!(admin.cinder(&["quota-show", &project]).value("gigabytes"), "1000");
    assert_eq!(admin.cinder(&["quota-update", "--volumes", "12", &project]).value("volumes"), "12");
    assert!(!demo.cinder(&["list-extensions"]).0.is_empty());
}

#[test]
fn metadata_is_set_and_unset() {
    let Some((server, demo, _)) = clients::world() else { return };
    let watch = server.member();
    let disk = watch.make_volume(json!({"size": 1, "name": "disk"}));
    demo.cinder(&["metadata", "disk", "set", "a=b", "c=d"]);
    demo.cinder(&["metadata", "disk", "unset", "a"]);
    assert_eq!(watch.get(&format!("/volumes/{disk}/metadata"))["metadata"], json!({"c": "d"}));
    demo.cinder(&["rename", "disk", "renamed"]);
    assert_eq!(watch.get(&format!("/volumes/{disk}"))["volume"]["name"], "renamed");
}

#[test]
fn the_newest_microversion_is_spoken() {
    let Some((_server, demo, _)) = clients::world() else { return };
    let versions = demo.cinder(&["version-list"]);
    assert!(versions.column("Version").contains(&blackbox::session::NEWEST), "{versions:?}");
    for command in
        [&["list", "--filters", "status=available"][..], &["message-list"], &["summary"], &["list-filters"]]
    {
        let said =
            demo.cinder_says(&[&["--os-volume-api-version", blackbox::session::NEWEST], command].concat());
        assert!(said.success, "cinder {command:?} failed: {}", said.err);
    }
}
