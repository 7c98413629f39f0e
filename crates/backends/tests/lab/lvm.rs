//! Logical volumes: every promise of the port, thick and thin.

use std::time::Instant;

use backends::volume::lvm::{LvmOptions, LvmType};
use model::VolumeId;
use ports::volume::conformance::CHECKS;
use ports::volume::{Access, VolumeRef};
use ports::{DriverError, VolumeDriver, Work};

use crate::group::{self, Group, Lab, run};
use crate::scratch_disk;

#[test]
fn thick_volumes_keep_every_promise() {
    keeps_every_promise(LvmType::Default);
}

#[test]
fn thin_volumes_keep_every_promise() {
    keeps_every_promise(LvmType::Thin);
}

#[test]
fn a_mirrored_volume_is_on_two_disks() {
    let (Some(disk), Some(second)) = (scratch_disk(), std::env::var_os("LAB_DISK2")) else { return };
    let group = Group::new(&disk);
    run("vgextend", &["--yes", "--quiet", group::NAME, second.to_str().unwrap()]);
    let (work, volume) = (Work::new(), VolumeRef::new(VolumeId::random(), 1));
    let driver = group::driver(&LvmOptions { mirrors: 1, ..group::options() });
    driver.check().unwrap();
    driver.ensure_volume(&work, &volume, None).unwrap();
    let kind = run("lvs", &["--noheadings", "--options", "segtype", group::NAME]);
    assert_eq!(kind.trim(), "raid1");
    driver.open_volume(&volume, Access::Write).unwrap().write_at(b"twice", 0).unwrap();
    let too_many = group::driver(&LvmOptions { mirrors: 2, ..group::options() });
    let refused = too_many.ensure_volume(&work, &VolumeRef::new(VolumeId::random(), 1), None);
    assert!(matches!(refused, Err(DriverError::Refused(_))), "{refused:?}");
    driver.remove_volume(&work, &volume).unwrap();
    drop(group);
}

fn keeps_every_promise(lvm_type: LvmType) {
    let Some(disk) = scratch_disk() else { return };
    let group = Group::new(&disk);
    let mut broken = Vec::new();
    for check in CHECKS.iter().copied().flatten() {
        let begin = Instant::now();
        let lab = Lab::new(&group, lvm_type);
        let result = (check.run)(&lab);
        lab.clear();
        println!("{:6.2} s  {}", begin.elapsed().as_secs_f64(), check.name);
        broken.extend(result.err().map(|why| format!("{}: {why}", check.name)));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
