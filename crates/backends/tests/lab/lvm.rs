//! Logical volumes: every promise of the port, thick and thin.

use std::time::Instant;

use backends::volume::lvm::{LvmOptions, LvmType};
use model::{SnapshotId, VolumeId};
use ports::volume::conformance::CHECKS;
use ports::volume::{Access, Moment, SnapshotRef, VolumeRef};
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

/// What a thin pool says has changed since a snapshot is what was written, given back and made zero, whoever writes meanwhile.
#[test]
fn a_thin_pool_says_what_has_changed() {
    let Some(disk) = scratch_disk() else { return };
    let group = Group::new(&disk);
    let driver = group::driver(&LvmOptions { lvm_type: LvmType::Thin, ..group::options() });
    driver.check().unwrap();
    let (work, volume) = (Work::new(), VolumeRef::new(VolumeId::random(), 1));
    driver.ensure_volume(&work, &volume, None).unwrap();
    let write = |offset_bytes: u64, byte: u8| {
        let disk = driver.open_volume(&volume, Access::Write).unwrap();
        disk.write_at(&[byte; 4096], offset_bytes).unwrap();
        disk.sync().unwrap();
    };
    let snapshot = || {
        let taken = SnapshotRef { id: SnapshotId::random(), volume: volume.clone(), provider_location: None };
        driver.ensure_snapshot(&work, &taken).unwrap();
        taken
    };
    let since =
        |before: &SnapshotRef, now: &Moment| driver.changed_since(&work, before, now).unwrap().unwrap();
    let now = Moment::Volume(volume.clone());
    (0..8).for_each(|place| write(place << 20, 1));
    let before = snapshot();
    assert_eq!(since(&before, &now).bytes(), 0);
    write(3 << 20, 2);
    write(20 << 20, 2);
    let after = Moment::Snapshot(snapshot());
    write(5 << 20, 3);
    // What an earlier process has held and not given back is taken from it.
    run("lvchange", &["--addtag", "besser.metadata_snapshot", &format!("{0}/{0}-pool", group::NAME)]);
    let pool = format!("/dev/mapper/{0}-{0}--pool-tpool", group::NAME.replace('-', "--"));
    run("dmsetup", &["message", &pool, "0", "reserve_metadata_snap"]);
    for (moment, places) in [(&after, &[3, 20][..]), (&now, &[3, 5, 20])] {
        let changes = since(&before, moment);
        for place in 0..40 {
            assert_eq!(changes.touch(place << 20, 4096), places.contains(&place), "{place} {moment:?}");
        }
    }
    let tags = run("lvs", &["--noheadings", "--options", "lv_tags", &format!("{0}/{0}-pool", group::NAME)]);
    assert_eq!(tags.trim(), "", "nothing is held");
    // What somebody else holds is left to him: there is no account.
    run("dmsetup", &["message", &pool, "0", "reserve_metadata_snap"]);
    assert!(driver.changed_since(&work, &before, &now).is_err());
    run("dmsetup", &["message", &pool, "0", "release_metadata_snap"]);
    assert_eq!(since(&before, &after).bytes() % (64 << 10), 0);
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
