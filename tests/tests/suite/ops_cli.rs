//! `besser ops …` and `besser config check`, for the operator at the machine.

use std::path::Path;
use std::process::{Command, Output};

use blackbox::{Server, server};
use serde_json::json;

fn besser(arguments: &[&str]) -> Output {
    Command::new(server::binary()).args(arguments).output().expect("besser can be started")
}

#[track_caller]
fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn check(directory: &Path, conf: &str) -> (bool, String) {
    let file = directory.join("cinder.conf");
    std::fs::write(&file, conf).expect("a written cinder.conf");
    let output = besser(&["config", "check", &file.display().to_string()]);
    let words =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), words)
}

#[test]
fn operations_are_listed_and_shown() {
    let server = Server::start();
    let demo = server.member();
    let disk = demo.make_volume(json!({"size": 1}));
    let data_dir = server.data_dir().display().to_string();

    let list = text(&besser(&["ops", "list", "--all", "--data-dir", &data_dir]));
    let line =
        list.lines().find(|line| line.contains(&disk)).unwrap_or_else(|| panic!("no {disk} in {list}"));
    let id = line.split_whitespace().next().expect("the operation's id first").to_owned();
    let shown = text(&besser(&["ops", "show", &id, "--data-dir", &data_dir]));
    assert!(shown.contains(&disk), "{shown}");
    assert!(shown.contains(&id), "{shown}");
}

#[test]
fn services_are_listed_with_their_clocks() {
    let server = Server::start();
    let data_dir = server.data_dir().display().to_string();
    let list = text(&besser(&["service", "list", "--data-dir", &data_dir]));
    let line = list.lines().find(|line| line.starts_with("cinder-scheduler")).expect("a scheduler");
    // In one process with its database, there is one clock.
    assert!(line.contains("+0.000 s"), "{line}");
    let told = text(&besser(&["service", "list", "--json", "--data-dir", &data_dir]));
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    let volume = told.as_array().expect("a list").iter().find(|it| it["binary"] == "cinder-volume");
    assert_eq!(volume.map(|it| &it["clock_ahead_ms"]), Some(&json!(0)), "{told}");
}

#[test]
fn nothing_is_in_flight_on_a_quiet_server() {
    let server = Server::start();
    server.member().make_volume(json!({"size": 1}));
    let data_dir = server.data_dir().display().to_string();
    let list = text(&besser(&["ops", "list", "--data-dir", &data_dir]));
    assert!(blackbox::disk::uuids_in(&list).is_empty(), "{list}");
}

#[test]
fn usage_counters_are_checked_against_the_rows() {
    let server = Server::start();
    let demo = server.member();
    let disk = demo.make_volume(json!({"size": 2}));
    demo.make_snapshot(&disk);
    let data_dir = server.data_dir().display().to_string();
    let words = text(&besser(&["quota", "check", "--data-dir", &data_dir]));
    assert_eq!(words.trim_end(), "0 counters differ from a recount");

    // One that is wrong, by whatever means, is named.
    let wrong = "import sqlite3, sys\n\
                 with sqlite3.connect(sys.argv[1], timeout=60) as database:\n    \
                 database.execute(\"UPDATE quota_usages SET in_use = 7 WHERE resource = 'gigabytes'\")\n";
    let database = server.data_dir().join("besser.sqlite");
    let done = Command::new("python3").args(["-c", wrong]).arg(&database).status().expect("Python");
    assert!(done.success(), "{done}");
    let output = besser(&["quota", "check", "--data-dir", &data_dir]);
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    let project = demo.project_id;
    let named = format!("project {project} resource gigabytes: the counter says 7, the rows say 4");
    assert_eq!(words.trim_end(), format!("{named}\n1 counters differ from a recount"));
    assert!(!output.status.success());
}

#[test]
fn an_unknown_operation_is_one_clear_line() {
    let server = Server::start();
    let data_dir = server.data_dir().display().to_string();
    for verb in ["show", "retry", "abandon"] {
        let output = besser(&["ops", verb, "00000000-0000-4000-8000-000000000000", "--data-dir", &data_dir]);
        assert!(!output.status.success(), "{verb}");
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(complaint.lines().filter(|line| !line.is_empty()).count(), 1, "{complaint}");
    }
}

#[test]
fn a_good_configuration_passes() {
    let place = tempfile::tempdir().expect("a scratch directory");
    let conf = "[DEFAULT]\nenabled_backends = files\n\n[files]\n\
                volume_driver = cinder.volume.drivers.local.LocalFileDriver\nvolume_backend_name = files\n\
                mount_point = /srv/files\nimage_format = raw\n";
    let (fine, words) = check(place.path(), conf);
    assert!(fine, "{words}");
}

#[test]
fn what_is_unknown_or_renamed_or_impossible_is_named_with_its_line() {
    let place = tempfile::tempdir().expect("a scratch directory");
    let conf = "[DEFAULT]\n\
                enabled_backends = lvm\n\
                no_such_option = 1\n\
                \n\
                [lvm]\n\
                volume_driver = cinder.volume.drivers.lvm.LVMVolumeDriver\n\
                iscsi_helper = lioadm\n\
                reserved_percentage = many\n";
    let (fine, words) = check(place.path(), conf);
    assert!(!fine, "an impossible value fails the check: {words}");
    for (option, line) in [("no_such_option", 3), ("iscsi_helper", 7), ("reserved_percentage", 8)] {
        let told = words.lines().find(|told| told.contains(option));
        let told = told.unwrap_or_else(|| panic!("{option} is not named: {words}"));
        assert!(told.contains(&format!("{line}")), "{option} stands in line {line}: {told}");
    }
}

#[test]
fn the_sections_of_the_product_before_load_unchanged() {
    let place = tempfile::tempdir().expect("a scratch directory");
    let conf = "[DEFAULT]\nenabled_backends = storage-2684de03,storage-230fc138,lvm,glusterfs\n\n\
        [storage-2684de03]\nvolume_driver = cinder.volume.drivers.local.LocalFileDriver\nmount_point = /opt/sata\n\
        image_base_path =\nvolume_backend_name = storage-2684de03\nvolume_type = qcow2\n\
        image_volume_cache_enabled = True\nimage_format = qcow2\n\n\
        [storage-230fc138]\nvolume_driver = cinder.volume.drivers.lvm.LVMSANDriver\niscsi_protocol = iscsi\n\
        iscsi_port = 3260\niscsi_ip_address = 10.0.0.7\niscsi_helper = iscsisan\niscsi_target_prefix = iqn.2010-10.org:\n\
        target_lun = 14\nvolume_clear_size = 128\nvolume_group = 230fc138-0c1f-4a5b-8b1d-6e3f5d6a7b8c\n\
        chap_username = u\nchap_password = p\nvolume_backend_name = storage-230fc138\n\n\
        [lvm]\nvolume_driver = cinder.volume.drivers.lvm.LVMISCSIDriver\niscsi_helper = tgtadm\n\n\
        [glusterfs]\nvolume_driver = cinder.volume.drivers.glusterfs.GlusterfsDriver\n\
        glusterfs_shares_config = /etc/cinder/shares.conf\n";
    let (fine, words) = check(place.path(), conf);
    assert!(fine, "old names are warnings only: {words}");
    assert!(words.contains("iscsi_helper"), "and they are told: {words}");
}
