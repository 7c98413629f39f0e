//! Sections of files that are in use, unchanged: what they say, and what there is to say about them.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::path::Path;

use config::{Config, DriverName, Section, Severity, check};

fn load(names: &[&str]) -> Config {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let paths: Vec<_> = names.iter().map(|name| directory.join(name)).collect();
    Config::load(&paths).unwrap()
}

fn only_backend(config: &Config) -> Section<'_> {
    let mut backends = config.backends().unwrap();
    assert_eq!(backends.len(), 1);
    backends.remove(0)
}

/// `line key: message` of every finding, and none of them an error.
fn warnings(config: &Config) -> Vec<String> {
    let findings = check(config);
    assert!(findings.iter().all(|finding| finding.severity < Severity::Error), "{findings:#?}");
    let shown = findings.into_iter().map(|finding| {
        let line = finding.place.unwrap().line;
        format!("{line} {}: {}", finding.key.unwrap_or_default(), finding.message)
    });
    shown.collect()
}

#[test]
fn local_files() {
    let config = load(&["local.conf"]);
    let backend = only_backend(&config);
    assert_eq!(backend.name(), "storage-2684de03-f940-4519-8f41-daeb9616b0ca");
    assert_eq!(backend.driver(), Ok(DriverName::Local));
    assert_eq!(backend.text("mount_point").as_deref(), Ok("/opt/sata"));
    assert_eq!(backend.text("image_base_path").as_deref(), Ok(""));
    assert_eq!(backend.nonempty("image_base_path"), Ok(None));
    assert_eq!(backend.text("volume_type").as_deref(), Ok("qcow2"));
    assert_eq!(backend.text("image_format").as_deref(), Ok("qcow2"));
    assert_eq!(backend.bool("image_volume_cache_enabled"), Ok(true));
    let default = config.default_section();
    assert_eq!(default.int("quota_gigabytes"), Ok(-1));
    assert_eq!(default.list("scheduler_default_filters").unwrap().len(), 3);
    assert_eq!(
        warnings(&config),
        [
            "4 verbose: has no effect any more",
            "8 glance_host: has no effect any more; use glance_api_servers",
            "15 volume_type: known, has no effect here",
        ]
    );
}

#[test]
fn volume_group_on_a_san() {
    let config = load(&["san.conf"]);
    let backend = only_backend(&config);
    assert_eq!(backend.driver(), Ok(DriverName::LvmSan));
    assert_eq!(backend.text("target_protocol").as_deref(), Ok("iscsi"));
    assert_eq!(backend.port("target_port"), Ok(3260));
    assert_eq!(backend.text("target_ip_address").as_deref(), Ok("10.0.20.1"));
    assert_eq!(backend.text("target_helper").as_deref(), Ok("iscsisan"));
    let prefix = backend.text("target_prefix");
    assert_eq!(prefix.as_deref(), Ok("iqn.2012-07.com.Sugon:alias.tgt0000.200000015555ee0d"));
    assert_eq!(backend.int("target_lun"), Ok(14));
    assert_eq!(backend.int("volume_clear_size"), Ok(128));
    assert_eq!(backend.text("volume_group").as_deref(), Ok("2b55ce3e-3338-458d-a773-7429a58e9a46"));
    assert_eq!((backend.nonempty("chap_username"), backend.nonempty("chap_password")), (Ok(None), Ok(None)));
    assert_eq!(
        warnings(&config),
        [
            "7 iscsi_protocol: old name of target_protocol; known, has no effect here",
            "8 iscsi_port: old name of target_port; accepted",
            "9 iscsi_ip_address: old name of target_ip_address; accepted",
            "10 iscsi_helper: old name of target_helper; accepted",
            "11 iscsi_target_prefix: old name of target_prefix; accepted",
        ]
    );
}

#[test]
fn lvm_under_both_of_its_class_names() {
    let config = load(&["lvm.conf"]);
    let backends = config.backends().unwrap();
    for (backend, (name, helper)) in backends.iter().zip([("lvm", "lioadm"), ("lvm-tgt", "tgtadm")]) {
        assert_eq!(backend.name(), name);
        assert_eq!(backend.driver(), Ok(DriverName::Lvm));
        assert_eq!(backend.text("target_helper").as_deref(), Ok(helper));
        assert_eq!(backend.text("volume_backend_name").as_deref(), Ok("lvm"));
    }
    assert_eq!(
        warnings(&config),
        [
            "5 iscsi_helper: old name of target_helper; accepted",
            "7 iscsi_ip_address: old name of target_ip_address; accepted",
            "8 volume_driver: old class of cinder.volume.drivers.lvm.LVMVolumeDriver; accepted",
            "12 iscsi_helper: old name of target_helper; accepted",
        ]
    );
}

#[test]
fn glusterfs() {
    let config = load(&["glusterfs.conf"]);
    let backend = only_backend(&config);
    assert_eq!(backend.driver(), Ok(DriverName::Glusterfs));
    assert_eq!(backend.text("glusterfs_shares_config").as_deref(), Ok("/etc/cinder/shares.conf"));
    assert_eq!(backend.text("glusterfs_mount_point_base").as_deref(), Ok("/var/lib/cinder/mnt"));
    assert_eq!(warnings(&config), ["6 glusterfs_shares_config: known, has no effect here"]);
}

#[test]
fn one_file_over_another() {
    let config = load(&["local.conf", "glusterfs.conf"]);
    let enabled: Vec<_> =
        config.backends().unwrap().iter().map(|backend| backend.name().to_owned()).collect();
    assert_eq!(enabled, ["glusterfs"], "the later file decides");
    let idle = check(&config).into_iter().find(|finding| finding.severity == Severity::Note).unwrap();
    assert!(idle.to_string().ends_with(
        "local.conf:11: [storage-2684de03-f940-4519-8f41-daeb9616b0ca]: a backend that is not in enabled_backends"
    ));
}
