#![allow(clippy::unwrap_used, reason = "a test may panic")]

use config::Config;
use ports::volume::Provisioning;

use super::*;

fn config(text: &str) -> Config {
    let mut config = Config::default();
    config.overlay("cinder.conf", text.as_bytes()).unwrap();
    config
}

fn opened(config: &Config, backend: &str) -> Result<Arc<dyn VolumeDriver>, OpenError> {
    open(&config.section(backend), &Exec::direct())
}

#[test]
fn the_local_driver_has_many_names() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["local", "cinder.volume.drivers.local.LocalFileDriver"] {
        let config = config(&format!(
            "[disks]\nvolume_driver = {name}\nmount_point = {}\nimage_base_path =\nimage_format = raw\n",
            directory.path().display()
        ));
        let driver = opened(&config, "disks").unwrap();
        driver.check().unwrap();
        assert_eq!(driver.capabilities().storage_protocol, "file");
        assert_eq!(driver.stats().unwrap().pools[0].name, "disks");
    }
}

#[test]
fn the_simulation_reads_its_knobs() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(&format!(
        "[toy]\nvolume_driver = sim\nmount_point = {}\nvolume_backend_name = toys\nnas_volume_prov_type = thick\n\
         sim_capacity_gib = 7\n",
        directory.path().display()
    ));
    let driver = opened(&config, "toy").unwrap();
    assert_eq!(driver.capabilities().provisioning, Provisioning::Thick);
    let pool = driver.stats().unwrap().pools.remove(0);
    assert_eq!((pool.name.as_str(), pool.total), ("toys", ports::volume::CapacityGib::Gib(7.0)));
}

#[test]
fn a_driver_that_is_not_built_says_so() {
    let sections = [
        ("cinder.volume.drivers.glusterfs.GlusterfsDriver", "glusterfs"),
        ("cinder.volume.drivers.nfs.NfsDriver", "nfs"),
        ("cinder.volume.drivers.rbd.RBDDriver", "rbd"),
    ];
    for (path, short) in sections {
        let config = config(&format!("[b]\nvolume_driver = {path}\n"));
        let error = opened(&config, "b").err().unwrap();
        assert_eq!(error.to_string(), format!("backend b: the driver {short} is known, but not built yet"));
    }
}

#[test]
fn a_section_that_is_wrong_says_where() {
    let unknown = config("[b]\nvolume_driver = cinder.volume.drivers.nobody.Driver\n");
    assert!(opened(&unknown, "b").err().unwrap().to_string().contains("cinder.conf:2"));
    let homeless = config("[b]\nvolume_driver = local\n");
    assert_eq!(opened(&homeless, "b").err().unwrap().to_string(), "[b] mount_point: the option must be set");
    let empty = config("[b]\nvolume_driver = local\nmount_point =\n");
    assert!(opened(&empty, "b").err().unwrap().to_string().contains("mount_point"));
    let formless = config("[b]\nvolume_driver = local\nmount_point = /x\nimage_format = vmdk\n");
    assert!(opened(&formless, "b").err().unwrap().to_string().contains("image_format"));
}

#[test]
fn a_group_on_a_lun_needs_no_target() {
    for (helper, protocol) in [("iscsisan", "iSCSI"), ("fcsan", "FC")] {
        let class = "cinder.volume.drivers.lvm.LVMSANDriver";
        let config = config(&format!(
            "[san]\nvolume_driver = {class}\niscsi_helper = {helper}\ntarget_lun = 14\nvolume_group = g\n"
        ));
        let capabilities = opened(&config, "san").unwrap().capabilities();
        assert_eq!((capabilities.storage_protocol, capabilities.multiattach), (protocol, false));
    }
}

#[test]
fn how_wiping_is_treated_never_starts_a_program() {
    let with = |ionice: &str| {
        let config = config(&format!("[disks]\nvolume_driver = lvm\nvolume_clear_ionice = {ionice}\n"));
        opened(&config, "disks").map(drop)
    };
    with("-c3").unwrap();
    with("-c2 -n7").unwrap();
    for hostile in ["-c2 reboot", "-p 1", "reboot", "-c4"] {
        assert!(with(hostile).unwrap_err().to_string().contains("volume_clear_ionice"), "{hostile}");
    }
}

#[test]
fn logical_volumes_are_offered_through_a_target_that_is_built() {
    for class in ["cinder.volume.drivers.lvm.LVMISCSIDriver", "cinder.volume.drivers.lvm.LVMVolumeDriver"] {
        let config = config(&format!("[disks]\nvolume_driver = {class}\ntarget_helper = lioadm\n"));
        assert_eq!(opened(&config, "disks").unwrap().capabilities().storage_protocol, "iSCSI");
    }
    let config = config("[disks]\nvolume_driver = lvm\ntarget_helper = scstadmin\n");
    let why = opened(&config, "disks").map(drop).unwrap_err().to_string();
    assert_eq!(why, "backend disks: the target helper scstadmin is known, but not built yet");
}

#[test]
fn files_are_offered_where_their_section_says_so() {
    let protocol = |lines: &str| {
        let config = config(&format!("[files]\nvolume_driver = local\nmount_point = /v\n{lines}"));
        opened(&config, "files").map(|driver| driver.capabilities().storage_protocol)
    };
    assert_eq!(protocol("").unwrap(), "file");
    assert_eq!(protocol("image_format = raw\ntarget_helper = tgtadm\n").unwrap(), "iSCSI");
    // Hosts get at files in QEMU's format by themselves; a target offers copies to whoever moves them.
    assert_eq!(protocol("image_format = qcow2\ntarget_helper = tgtadm\n").unwrap(), "file");
    let why = protocol("target_helper = lioadm\n").unwrap_err().to_string();
    assert_eq!(why, "backend files: the target helper lioadm offers no files; tgtadm does");
}
