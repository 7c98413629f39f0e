//! `openstack volume service …` and what else operators ask about backends, unmodified.

use blackbox::clients;
use serde_json::{Value, json};

/// The one volume service in a list of services.
fn volume_service(list: &Value) -> &Value {
    let rows = clients::rows_where(list, "Binary", "cinder-volume");
    assert_eq!(rows.len(), 1, "{list}");
    rows[0]
}

#[test]
fn services_are_up() {
    let Some((_server, _, admin)) = clients::world() else { return };
    let list = admin.openstack(&["volume", "service", "list"]);
    let volume = volume_service(&list);
    assert_eq!(volume["State"], "up");
    assert_eq!(volume["Status"], "enabled");
    assert!(volume["Host"].as_str().is_some_and(|host| host.contains('@')), "host@backend: {volume}");
    let scheduler = clients::rows_where(&list, "Binary", "cinder-scheduler");
    assert_eq!(scheduler.len(), 1, "{list}");
    assert_eq!(scheduler[0]["State"], "up");
}

#[test]
fn a_disabled_backend_takes_no_new_disk() {
    let Some((server, _, admin)) = clients::world() else { return };
    let watch = server.member();
    let list = admin.openstack(&["volume", "service", "list"]);
    let host = volume_service(&list)["Host"].as_str().expect("a host").to_owned();

    admin.openstack_does(&[
        "volume",
        "service",
        "set",
        "--disable",
        "--disable-reason",
        "new disks on Monday",
        &host,
        "cinder-volume",
    ]);
    let list = admin.openstack(&["volume", "service", "list", "--long"]);
    assert_eq!(volume_service(&list)["Status"], "disabled");
    assert_eq!(volume_service(&list)["Disabled Reason"], "new disks on Monday");

    let refused = watch.ask_volume(json!({"size": 1}));
    watch_error(&watch, &refused);

    admin.openstack_does(&["volume", "service", "set", "--enable", &host, "cinder-volume"]);
    watch.make_volume(json!({"size": 1}));
}

#[track_caller]
fn watch_error(watch: &blackbox::Session, id: &str) {
    let path = format!("/volumes/{id}");
    let failed = blackbox::wait::poll(blackbox::wait::PATIENCE, || {
        let status = watch.get(&path)["volume"]["status"].clone();
        (status != "creating").then_some(status)
    });
    assert_eq!(failed, Some(json!("error")));
    let messages = watch.get(&format!("/messages?resource_uuid={id}"));
    let words = messages["messages"][0]["user_message"].as_str().unwrap_or_default();
    assert!(!words.is_empty(), "the user is told why: {messages}");
}

#[test]
fn pools_and_capabilities_are_told() {
    let Some((_server, _, admin)) = clients::world() else { return };
    let pools = admin.openstack(&["volume", "backend", "pool", "list", "--long"]);
    let pool = &pools[0];
    let name = pool["Name"].as_str().expect("a pool name");
    assert!(name.contains('@') && name.contains('#'), "host@backend#pool: {name}");
    let backend = name.split('#').next().unwrap_or(name).to_owned();
    let capabilities = admin.openstack(&["volume", "backend", "capability", "show", &backend]);
    assert!(capabilities.is_array(), "{capabilities}");
}

#[test]
fn services_are_not_for_members() {
    let Some((_server, demo, _)) = clients::world() else { return };
    let complaint = demo.openstack_fails(&["volume", "service", "list"]);
    assert!(complaint.contains("403") || complaint.to_lowercase().contains("policy"), "{complaint}");
}

#[test]
fn resource_filters_are_told() {
    let Some((_server, demo, _)) = clients::world() else { return };
    let filters = demo.openstack(&["block", "storage", "resource", "filter", "list"]);
    assert_eq!(clients::rows_where(&filters, "Resource", "volume").len(), 1, "{filters}");
}
