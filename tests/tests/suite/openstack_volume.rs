//! `openstack volume …`, unmodified.

use blackbox::clients::{self, rows_where};
use serde_json::Value;

/// The id in what a client printed.
#[track_caller]
pub(crate) fn id_of(printed: &Value) -> &str {
    printed["id"].as_str().unwrap_or_else(|| panic!("no id in {printed}"))
}

#[test]
fn a_disk_is_created_found_and_deleted() {
    let Some((server, demo, _)) = clients::world() else { return };
    let watch = server.member();

    let disk = demo.openstack(&["volume", "create", "--size", "1", "--description", "my first", "disk1"]);
    assert_eq!(disk["name"], "disk1");
    assert_eq!(disk["size"], 1);
    watch.await_volume(id_of(&disk), "available");

    let shown = demo.openstack(&["volume", "show", "disk1"]);
    assert_eq!(shown["id"], disk["id"]);
    assert_eq!(shown["status"], "available");
    assert_eq!(shown["description"], "my first");
    assert_eq!(shown["bootable"], false);
    assert_eq!(shown["encrypted"], false);
    assert_eq!(shown["type"], "__DEFAULT__");

    let list = demo.openstack(&["volume", "list"]);
    let rows = rows_where(&list, "Name", "disk1");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["ID"], disk["id"]);
    assert_eq!(rows[0]["Status"], "available");

    demo.openstack_does(&["volume", "delete", "disk1"]);
    watch.await_gone(&format!("/volumes/{}", id_of(&disk)));
    let complaint = demo.openstack_fails(&["volume", "show", "disk1"]);
    assert!(complaint.contains("disk1"), "{complaint}");
}

#[test]
fn a_disk_is_changed_in_every_way() {
    let Some((server, demo, _)) = clients::world() else { return };
    let watch = server.member();
    let disk = demo.openstack(&["volume", "create", "--size", "1", "--property", "team=red", "plain"]);
    let id = id_of(&disk);
    watch.await_volume(id, "available");

    demo.openstack_does(&[
        "volume",
        "set",
        "--name",
        "fancy",
        "--description",
        "new",
        "--property",
        "rack=7",
        "plain",
    ]);
    let shown = demo.openstack(&["volume", "show", "fancy"]);
    assert_eq!(shown["description"], "new");
    assert_eq!(shown["properties"], serde_json::json!({"team": "red", "rack": "7"}));

    demo.openstack_does(&["volume", "unset", "--property", "team", "fancy"]);
    assert_eq!(demo.openstack(&["volume", "show", "fancy"])["properties"], serde_json::json!({"rack": "7"}));

    demo.openstack_does(&["volume", "set", "--size", "3", "fancy"]);
    assert_eq!(watch.await_volume(id, "available")["size"], 3);

    demo.openstack_does(&["volume", "set", "--bootable", "--read-only", "fancy"]);
    let volume = watch.get(&format!("/volumes/{id}"));
    assert_eq!(volume["volume"]["bootable"], "true");
    assert_eq!(volume["volume"]["metadata"]["readonly"], "True");
}

#[test]
fn disks_are_copied_from_each_other() {
    let Some((server, demo, _)) = clients::world() else { return };
    let watch = server.member();
    let source = demo.openstack(&["volume", "create", "--size", "1", "source"]);
    watch.await_volume(id_of(&source), "available");
    let copy = demo.openstack(&["volume", "create", "--source", "source", "--size", "2", "copy"]);
    let copied = watch.await_volume(id_of(&copy), "available");
    assert_eq!(copied["source_volid"], source["id"]);
    assert_eq!(copied["size"], 2);
}

#[test]
fn lists_are_filtered_sorted_and_paged() {
    let Some((server, demo, admin)) = clients::world() else { return };
    let watch = server.member();
    for name in ["alpha", "beta", "gamma"] {
        let disk =
            watch.make_volume(serde_json::json!({"size": 1, "name": name, "metadata": {"letter": name}}));
        assert!(!disk.is_empty());
    }
    let names = |arguments: &[&str]| -> Vec<String> {
        let list = demo.openstack(&[&["volume", "list"], arguments].concat());
        list.as_array()
            .into_iter()
            .flatten()
            .map(|row| row["Name"].as_str().unwrap_or("").to_owned())
            .collect()
    };
    assert_eq!(names(&["--name", "beta"]), ["beta"]);
    assert_eq!(names(&["--property", "letter=gamma"]), ["gamma"]);
    assert_eq!(names(&["--status", "error"]), Vec::<String>::new());
    let mut all = names(&["--limit", "2"]);
    all.sort();
    assert_eq!(all, ["alpha", "beta", "gamma"], "the client fetches page after page");

    let page = |query: &str| -> Vec<String> {
        let page = watch.get(&format!("/volumes/detail?sort=name:desc&{query}"));
        let volumes = page["volumes"].as_array().into_iter().flatten();
        volumes.map(|volume| volume["name"].as_str().unwrap_or("").to_owned()).collect()
    };
    assert_eq!(page("limit=2"), ["gamma", "beta"]);
    let beta = watch.get("/volumes?name=beta")["volumes"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(page(&format!("marker={beta}")), ["alpha"]);
    assert_eq!(page("offset=1&limit=1"), ["beta"]);
    let links = watch.get("/volumes?sort=name:desc&limit=2")["volumes_links"].clone();
    assert_eq!(links[0]["rel"], "next", "{links}");

    assert_eq!(
        admin.openstack(&["volume", "list"]),
        serde_json::json!([]),
        "the admin's own project has none"
    );
    assert_eq!(admin.openstack(&["volume", "list", "--all-projects"]).as_array().map(Vec::len), Some(3));
    assert_eq!(demo.openstack(&["volume", "summary"])["Total Count"], 3);
}

#[test]
fn snapshots_go_with_their_disk_on_demand_only() {
    let Some((server, demo, _)) = clients::world() else { return };
    let watch = server.member();
    let disk = watch.make_volume(serde_json::json!({"size": 1, "name": "kept"}));
    watch.make_snapshot(&disk);
    let complaint = demo.openstack_fails(&["volume", "delete", "kept"]);
    assert!(complaint.contains("have snapshots"), "{complaint}");
    demo.openstack_does(&["volume", "delete", "--cascade", "kept"]);
    watch.await_gone(&format!("/volumes/{disk}"));
    assert!(watch.snapshots().is_empty());
}

#[test]
fn an_admin_repairs_a_status() {
    let Some((server, demo, admin)) = clients::world() else { return };
    let watch = server.member();
    let disk = watch.make_volume(serde_json::json!({"size": 1}));
    admin.openstack_does(&["volume", "set", "--state", "error", &disk]);
    assert_eq!(demo.openstack(&["volume", "show", &disk])["status"], "error");
    let complaint = demo.openstack_fails(&["volume", "set", "--state", "available", &disk]);
    assert!(complaint.contains("403") || complaint.to_lowercase().contains("policy"), "{complaint}");
    admin.openstack_does(&["volume", "delete", "--force", &disk]);
    watch.await_gone(&format!("/volumes/{disk}"));
}

#[test]
fn refusals_reach_the_user_in_words() {
    let Some((_server, demo, _)) = clients::world() else { return };
    let complaint = demo.openstack_fails(&["volume", "create", "--size", "1", "--type", "nosuch", "disk"]);
    assert!(complaint.contains("Volume type with name nosuch could not be found."), "{complaint}");
    let complaint =
        demo.openstack_fails(&["volume", "create", "--size", "1", "--availability-zone", "mars", "disk"]);
    assert!(complaint.contains("Availability zone 'mars' is invalid."), "{complaint}");
    let complaint = demo.openstack_fails(&["volume", "create", "--size", "5000", "disk"]);
    assert!(complaint.contains("exceeds allowed gigabytes quota"), "{complaint}");
}

#[test]
fn zones_extensions_and_limits_are_told() {
    let Some((_server, demo, _)) = clients::world() else { return };
    let zones = demo.openstack(&["availability", "zone", "list", "--volume"]);
    assert_eq!(rows_where(&zones, "Zone Name", "nova").len(), 1, "{zones}");
    let extensions = demo.openstack(&["extension", "list", "--volume"]);
    assert!(extensions.as_array().is_some_and(|list| !list.is_empty()));
    let limits = demo.openstack(&["limits", "show", "--absolute"]);
    assert_eq!(rows_where(&limits, "Name", "max_total_volumes").len(), 1, "{limits}");
}
