//! A volume group on a LUN of a SAN: tgtd is the array, and this guest both the owner of the group and a compute host.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use backends::volume::lvm::{Lun, LvmDriver, Protocol};
use model::{Connector, VolumeId};
use ports::volume::{Access, SnapshotRef, Source, VolumeRef};
use ports::{DriverError, Exec, VolumeDriver, Work};
use serde_json::{Map, Value};

use crate::group::{self, Group, run};
use crate::host::Host;
use crate::promises::{Disk, Subject};
use crate::scratch_disk;
use crate::tgtd::Tgtd;

/// How large the LUN is.
const LUN_BYTES: u64 = 6 << 30;

fn connector(host: &str) -> Connector {
    let json = Map::from_iter([("host".to_owned(), Value::from(host))]);
    Connector::new(json).unwrap()
}

/// What the agent of a compute host does: takes only what has its tag.
fn activate(host: &str, path: &Path, how: &str) -> bool {
    let only_ours = format!("activation {{ volume_list = [ \"@besser.host.{host}\" ] }}");
    let logical_volume = path.strip_prefix("/dev").unwrap().display().to_string();
    let output = std::process::Command::new("lvchange")
        .args(["--config", &only_ours, "--activate", how, &logical_volume])
        .output()
        .unwrap();
    output.status.success() && path.exists()
}

#[test]
fn a_volume_on_a_lun_belongs_to_one_host_at_a_time() {
    if scratch_disk().is_none() {
        return;
    }
    let array = Tgtd::start();
    let lun = Disk::new(&array);
    File::options().write(true).open(&lun.device).unwrap().set_len(LUN_BYTES).unwrap();
    let initiator = Host::start();
    array.target().ensure(&lun.offer()).unwrap();
    array.target().admit(&lun.offer(), &initiator.name, Access::Write).unwrap();
    let device = initiator.log_in(&lun, array.portals()[0], array.target().lun());
    let group = Group::new(&device);
    let lun_of_group = Lun { protocol: Protocol::Iscsi, number: Some(1) };
    owned_by_one(&LvmDriver::on_lun(group::options(), lun_of_group, Exec::direct()));
    drop(group);
    initiator.log_out(&lun);
}

fn owned_by_one(driver: &dyn VolumeDriver) {
    let (work, volume) = (Work::new(), VolumeRef::new(VolumeId::random(), 1));
    driver.check().unwrap();
    driver.ensure_volume(&work, &volume, None).unwrap();
    driver.open_volume(&volume, Access::Write).unwrap().write_at(b"owner", 0).unwrap();

    let connection = driver.connect(&work, &volume, &connector("a"), Access::Write).unwrap();
    assert_eq!(connection.driver_volume_type, "local");
    let path = PathBuf::from(connection.data["device_path"].as_str().unwrap());
    assert_eq!(connection.data["activation_tag"], "besser.host.a");
    assert!(!path.exists(), "it is still active where it is owned");
    let again = driver.connect(&work, &volume, &connector("a"), Access::Write).unwrap();
    assert_eq!(again.data, connection.data);

    let busy = |result: Result<(), DriverError>| match result {
        Err(DriverError::Busy { by, .. }) => assert_eq!(by, "a"),
        other => panic!("{other:?}"),
    };
    busy(driver.connect(&work, &volume, &connector("b"), Access::Write).map(drop));
    busy(driver.open_volume(&volume, Access::Read).map(drop));
    busy(driver.remove_volume(&work, &volume));
    let snapshot =
        SnapshotRef { id: model::SnapshotId::random(), volume: volume.clone(), provider_location: None };
    busy(driver.ensure_snapshot(&work, &snapshot).map(drop));
    let clone = VolumeRef::new(VolumeId::random(), 1);
    busy(driver.ensure_volume(&work, &clone, Some(&Source::Volume(volume.clone()))).map(drop));

    assert!(!activate("b", &path, "y"), "another host took it");
    assert!(activate("a", &path, "y"));
    File::options().write(true).open(&path).unwrap().write_all_at(b"guest", 0).unwrap();
    run("lvchange", &["--activate", "n", path.strip_prefix("/dev").unwrap().to_str().unwrap()]);
    driver.disconnect(&work, &volume, Some(&connector("b"))).unwrap();
    busy(driver.open_volume(&volume, Access::Read).map(drop));
    driver.disconnect(&work, &volume, Some(&connector("a"))).unwrap();

    let mut found = [0; 5];
    driver.open_volume(&volume, Access::Read).unwrap().read_at(&mut found, 0).unwrap();
    assert_eq!(&found, b"guest");
    driver.connect(&work, &volume, &connector("b"), Access::Write).unwrap();
    driver.disconnect(&work, &volume, None).unwrap();
    driver.remove_volume(&work, &clone).unwrap();
    driver.remove_volume(&work, &volume).unwrap();
    assert!(driver.list().unwrap().is_empty());
}
