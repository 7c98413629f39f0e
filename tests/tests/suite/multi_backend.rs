//! One `cinder.conf`, several backends.

use std::path::PathBuf;

use blackbox::disk::{file_of, files_below};
use blackbox::{Serve, Server, Session};
use serde_json::{Value, json};

/// A server with the backends `fast` and `slow`, and their directories.
fn two_backends() -> (Server, PathBuf, PathBuf) {
    let serve = Serve::new();
    let (fast, slow) = (serve.side_dir("fast"), serve.side_dir("slow"));
    let conf = format!(
        "[DEFAULT]\nenabled_backends = fast, slow\n\n\
         [fast]\nvolume_driver = cinder.volume.drivers.local.LocalFileDriver\nvolume_backend_name = FAST\n\
         mount_point = {}\nimage_format = raw\n\n\
         [slow]\nvolume_driver = cinder.volume.drivers.local.LocalFileDriver\nvolume_backend_name = SLOW\n\
         mount_point = {}\nimage_format = raw\n",
        fast.display(),
        slow.display()
    );
    (serve.config(&conf).start(), fast, slow)
}

#[track_caller]
fn make_type(admin: &Session, name: &str, extra_specs: Value) {
    let body = json!({"volume_type": {"name": name, "extra_specs": extra_specs}});
    admin.post("/types", &body).expect(200);
}

#[test]
fn a_type_chooses_its_backend() {
    let (server, fast, slow) = two_backends();
    let (demo, admin) = (server.member(), server.admin());
    make_type(&admin, "gold", json!({"volume_backend_name": "FAST"}));
    make_type(&admin, "lead", json!({"volume_backend_name": "SLOW"}));

    let quick = demo.make_volume(json!({"size": 1, "volume_type": "gold"}));
    let cheap = demo.make_volume(json!({"size": 1, "volume_type": "lead"}));
    assert!(file_of(&fast, &quick).is_file());
    assert!(file_of(&slow, &cheap).is_file());
    assert_eq!((files_below(&fast).len(), files_below(&slow).len()), (1, 1));

    let host = admin.get(&format!("/volumes/{quick}"))["volume"]["os-vol-host-attr:host"].clone();
    assert!(host.as_str().is_some_and(|host| host.contains("@fast#")), "{host}");
}

#[test]
fn a_copy_stays_where_its_source_is() {
    let (server, _fast, slow) = two_backends();
    let (demo, admin) = (server.member(), server.admin());
    make_type(&admin, "lead", json!({"volume_backend_name": "SLOW"}));
    let source = demo.make_volume(json!({"size": 1, "volume_type": "lead"}));
    let clone = demo.make_volume(json!({"size": 1, "source_volid": source}));
    assert!(file_of(&slow, &clone).is_file());
}

#[test]
fn both_backends_are_services_and_pools() {
    let (server, _fast, _slow) = two_backends();
    let admin = server.admin();
    let services = admin.get("/os-services?binary=cinder-volume");
    let mut backends: Vec<&str> = services["services"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|service| service["host"].as_str()?.split('@').nth(1))
        .collect();
    backends.sort_unstable();
    assert_eq!(backends, ["fast", "slow"]);
    let pools = admin.get("/scheduler-stats/get_pools?detail=true");
    assert_eq!(pools["pools"].as_array().map(Vec::len), Some(2), "{pools}");
}

#[test]
fn a_wish_that_no_backend_grants_is_explained() {
    let (server, _fast, _slow) = two_backends();
    let (demo, admin) = (server.member(), server.admin());
    make_type(&admin, "dream", json!({"volume_backend_name": "NOWHERE"}));
    let disk = demo.ask_volume(json!({"size": 1, "volume_type": "dream"}));
    let path = format!("/volumes/{disk}");
    let status = blackbox::wait::poll(blackbox::wait::PATIENCE, || {
        let status = demo.get(&path)["volume"]["status"].clone();
        (status != "creating").then_some(status)
    });
    assert_eq!(status, Some(json!("error")));
    let messages = demo.get(&format!("/messages?resource_uuid={disk}"));
    let words = messages["messages"][0]["user_message"].as_str().unwrap_or_default();
    assert!(words.contains('2'), "it counts the backends that were looked at: {messages}");
    demo.remove(&path);
}

#[test]
fn work_is_spread_over_equal_backends() {
    let (server, fast, slow) = two_backends();
    let demo = server.member();
    for _ in 0..6 {
        demo.make_volume(json!({"size": 1}));
    }
    let (on_fast, on_slow) = (files_below(&fast).len(), files_below(&slow).len());
    assert_eq!(on_fast + on_slow, 6);
    assert!(on_fast > 0 && on_slow > 0, "{on_fast} and {on_slow}");
}

#[test]
fn old_names_are_taken_with_a_warning() {
    let serve = Serve::new();
    let directory = serve.side_dir("opt");
    let conf = format!(
        "[DEFAULT]\nenabled_backends = storage-2684de03\n\n[storage-2684de03]\n\
         volume_driver = cinder.volume.drivers.local.LocalFileDriver\nmount_point = {}\nimage_base_path =\n\
         volume_backend_name = storage-2684de03\nvolume_type = qcow2\nimage_volume_cache_enabled = True\n\
         image_format = raw\n",
        directory.display()
    );
    let server = serve.config(&conf).start();
    let disk = server.member().make_volume(json!({"size": 1}));
    assert!(file_of(&directory, &disk).is_file());
}
