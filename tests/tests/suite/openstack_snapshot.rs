//! `openstack volume snapshot …`, unmodified.

use blackbox::clients::{self, rows_where};
use serde_json::json;

use crate::openstack_volume::id_of;

#[test]
fn a_snapshot_is_made_found_used_and_deleted() {
    let Some((server, demo, _)) = clients::world() else { return };
    let watch = server.member();
    let disk = watch.make_volume(json!({"size": 1, "name": "disk"}));

    let made = demo.openstack(&[
        "volume",
        "snapshot",
        "create",
        "--volume",
        "disk",
        "--description",
        "before",
        "first",
    ]);
    let path = format!("/snapshots/{}", id_of(&made));
    watch.await_status(&path, "snapshot", "available");

    let shown = demo.openstack(&["volume", "snapshot", "show", "first"]);
    assert_eq!(shown["volume_id"], disk.as_str());
    assert_eq!(shown["size"], 1);
    assert_eq!(shown["status"], "available");
    assert_eq!(shown["description"], "before");

    let list = demo.openstack(&["volume", "snapshot", "list", "--volume", "disk"]);
    assert_eq!(rows_where(&list, "Name", "first").len(), 1, "{list}");

    let copy = demo.openstack(&["volume", "create", "--snapshot", "first", "copy"]);
    let copied = watch.await_volume(id_of(&copy), "available");
    assert_eq!(copied["snapshot_id"], made["id"]);

    demo.openstack_does(&["volume", "snapshot", "delete", "first"]);
    watch.await_gone(&path);
    assert_eq!(watch.await_volume(id_of(&copy), "available")["size"], 1, "the copy outlives its source");
}

#[test]
fn a_snapshot_is_renamed_and_labelled() {
    let Some((server, demo, _)) = clients::world() else { return };
    let watch = server.member();
    let disk = watch.make_volume(json!({"size": 1}));
    let snapshot = watch.make_snapshot(&disk);
    demo.openstack_does(&[
        "volume",
        "snapshot",
        "set",
        "--name",
        "new",
        "--description",
        "words",
        "--property",
        "a=b",
        &snapshot,
    ]);
    let shown = demo.openstack(&["volume", "snapshot", "show", "new"]);
    assert_eq!(shown["id"], snapshot.as_str());
    assert_eq!(shown["description"], "words");
    assert_eq!(shown["properties"], json!({"a": "b"}));
    demo.openstack_does(&["volume", "snapshot", "unset", "--property", "a", "new"]);
    assert_eq!(demo.openstack(&["volume", "snapshot", "show", "new"])["properties"], json!({}));
}

#[test]
fn an_admin_sees_and_repairs_every_snapshot() {
    let Some((server, demo, admin)) = clients::world() else { return };
    let watch = server.member();
    let snapshot = watch.make_snapshot(&watch.make_volume(json!({"size": 1})));
    assert_eq!(admin.openstack(&["volume", "snapshot", "list"]), json!([]));
    let all = admin.openstack(&["volume", "snapshot", "list", "--all-projects"]);
    assert_eq!(rows_where(&all, "ID", &snapshot).len(), 1, "{all}");

    admin.openstack_does(&["volume", "snapshot", "set", "--state", "error", &snapshot]);
    assert_eq!(demo.openstack(&["volume", "snapshot", "show", &snapshot])["status"], "error");
    demo.openstack_does(&["volume", "snapshot", "delete", &snapshot]);
    watch.await_gone(&format!("/snapshots/{snapshot}"));
}

#[test]
fn refusals_reach_the_user_in_words() {
    let Some((_server, demo, _)) = clients::world() else { return };
    let complaint = demo.openstack_fails(&["volume", "snapshot", "create", "--volume", "nosuch", "snap"]);
    assert!(complaint.contains("nosuch"), "{complaint}");
    let complaint = demo.openstack_fails(&["volume", "snapshot", "show", "nosuch"]);
    assert!(complaint.contains("nosuch"), "{complaint}");
}
