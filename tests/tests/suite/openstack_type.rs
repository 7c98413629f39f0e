//! `openstack volume type …`, unmodified.

use blackbox::clients::{self, rows_where};
use serde_json::json;

use crate::openstack_volume::id_of;

#[test]
fn a_type_is_made_chosen_and_deleted() {
    let Some((server, demo, admin)) = clients::world() else { return };
    let watch = server.member();
    let made = admin.openstack(&["volume", "type", "create", "--description", "fast", "gold"]);
    assert_eq!(made["is_public"], true);
    let shown = demo.openstack(&["volume", "type", "show", "gold"]);
    assert_eq!(shown["id"], made["id"]);
    assert_eq!(shown["description"], "fast");

    let disk = demo.openstack(&["volume", "create", "--size", "1", "--type", "gold", "disk"]);
    assert_eq!(watch.await_volume(id_of(&disk), "available")["volume_type"], "gold");
    let complaint = admin.openstack_fails(&["volume", "type", "delete", "gold"]);
    assert!(complaint.contains("gold"), "a type in use stays: {complaint}");

    watch.remove(&format!("/volumes/{}", id_of(&disk)));
    admin.openstack_does(&["volume", "type", "delete", "gold"]);
    assert!(rows_where(&demo.openstack(&["volume", "type", "list"]), "Name", "gold").is_empty());
}

#[test]
fn there_is_always_a_default_type() {
    let Some((_server, demo, _)) = clients::world() else { return };
    let list = demo.openstack(&["volume", "type", "list"]);
    assert_eq!(rows_where(&list, "Name", "__DEFAULT__").len(), 1, "{list}");
    let default = demo.openstack(&["volume", "type", "list", "--default"]);
    assert_eq!(default[0]["Name"], "__DEFAULT__");
}

#[test]
fn extra_specs_are_set_shown_to_admins_and_unset() {
    let Some((_server, _, admin)) = clients::world() else { return };
    admin.openstack(&["volume", "type", "create", "--property", "volume_backend_name=nowhere", "picky"]);
    admin.openstack_does(&[
        "volume",
        "type",
        "set",
        "--name",
        "pickier",
        "--property",
        "colour=red",
        "picky",
    ]);
    let shown = admin.openstack(&["volume", "type", "show", "pickier"]);
    assert_eq!(shown["properties"], json!({"volume_backend_name": "nowhere", "colour": "red"}));
    admin.openstack_does(&["volume", "type", "unset", "--property", "colour", "pickier"]);
    let shown = admin.openstack(&["volume", "type", "show", "pickier"]);
    assert_eq!(shown["properties"], json!({"volume_backend_name": "nowhere"}));
}

#[test]
fn a_private_type_is_seen_by_invitation() {
    let Some((_server, demo, admin)) = clients::world() else { return };
    admin.openstack(&["volume", "type", "create", "--private", "secret"]);
    let seen = |who: &blackbox::Clients| {
        rows_where(&who.openstack(&["volume", "type", "list"]), "Name", "secret").len()
    };
    assert_eq!(seen(&demo), 0);

    let project =
        demo.openstack(&["token", "issue"])["project_id"].as_str().expect("a project id").to_owned();
    admin.openstack_does(&["volume", "type", "set", "--project", &project, "secret"]);
    assert_eq!(seen(&demo), 1);
    admin.openstack_does(&["volume", "type", "unset", "--project", &project, "secret"]);
    assert_eq!(seen(&demo), 0);
}

#[test]
fn a_member_makes_no_types() {
    let Some((_server, demo, _)) = clients::world() else { return };
    let complaint = demo.openstack_fails(&["volume", "type", "create", "mine"]);
    assert!(complaint.contains("403") || complaint.to_lowercase().contains("policy"), "{complaint}");
}
