//! What the local driver does on file systems that can share blocks, that cannot, and that are full; and with files
//! that somebody else has open.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use backends::volume::local::{ImageFormat, LocalFileDriver, LocalOptions};
use model::{BaseId, SnapshotId, VolumeId};
use ports::volume::{Access, BaseRef, CapacityGib, SnapshotRef, Source, VolumeRef};
use ports::{DriverError, Exec, VolumeDriver, Work};

use crate::mounted::{Kind, Mounted};
use crate::qemu;

fn driver(directory: &Path, image_format: ImageFormat) -> LocalFileDriver {
    let options = LocalOptions { image_format, ..LocalOptions::new(directory.to_owned()) };
    LocalFileDriver::new(options, Exec::direct())
}

fn volume() -> VolumeRef {
    VolumeRef::new(VolumeId::random(), 1)
}

fn snapshot(volume: &VolumeRef) -> SnapshotRef {
    SnapshotRef { id: SnapshotId::random(), volume: volume.clone(), provider_location: None }
}

fn mounted(kind: Kind) -> Option<Mounted> {
    Mounted::new(kind).inspect_err(|reason| skips::report(reason)).ok()
}

/// A volume that holds `mib` MiB which are not zero.
fn filled(driver: &LocalFileDriver, mib: usize) -> VolumeRef {
    let volume = volume();
    driver.ensure_volume(&Work::new(), &volume, None).unwrap();
    let file = driver.open_volume(&volume, Access::Write).unwrap();
    file.write_at(&vec![7; mib << 20], 0).unwrap();
    file.sync().unwrap();
    volume
}

fn free_gib(driver: &LocalFileDriver) -> f64 {
    match driver.stats().unwrap().pools[0].free {
        CapacityGib::Gib(gib) => gib,
        other => panic!("{other:?}"),
    }
}

#[test]
fn copies_share_their_blocks_where_they_can() {
    let Some(disk) = mounted(Kind::Xfs) else { return };
    let driver = driver(disk.path(), ImageFormat::Raw);
    let origin = filled(&driver, 64);
    let before = free_gib(&driver);
    for _ in 0..8 {
        driver.ensure_snapshot(&Work::new(), &snapshot(&origin)).unwrap();
    }
    let taken_mib = (before - free_gib(&driver)) * 1024.0;
    assert!(taken_mib < 16.0, "{taken_mib} MiB for 8 snapshots of 64 MiB");
}

#[test]
fn a_full_disk_is_told_with_numbers_and_nothing_stays() {
    let Some(disk) = mounted(Kind::TinyMemory) else { return };
    let driver = driver(disk.path(), ImageFormat::Raw);
    let origin = filled(&driver, 5);
    for result in [
        driver.ensure_volume(&Work::new(), &volume(), Some(&Source::Volume(origin.clone()))),
        driver.ensure_snapshot(&Work::new(), &snapshot(&origin)),
    ] {
        let error = result.unwrap_err();
        assert!(
            matches!(error, DriverError::NoSpace { asked_bytes, .. } if asked_bytes == 1 << 30),
            "{error}"
        );
    }
    assert_eq!(driver.list().unwrap().len(), 1);
    assert!(free_gib(&driver) * 1024.0 >= 3.0, "the space of the failed copies is free again");
}

/// A QEMU program that has a file open for writing, until the value goes away.
struct Holder(Child);

impl Holder {
    fn new(path: &Path, format: &str) -> Self {
        let mut child = Command::new("qemu-io")
            .args(["-f", format])
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Its prompt says that it has opened the file.
        let mut prompt = [0; 8];
        child.stdout.as_mut().unwrap().read_exact(&mut prompt).unwrap();
        assert_eq!(&prompt, b"qemu-io>");
        Self(child)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn busy<T: std::fmt::Debug>(result: Result<T, DriverError>) {
    assert!(matches!(result, Err(DriverError::Busy { .. })), "{result:?}");
}

#[test]
fn a_file_that_qemu_has_open_is_neither_copied_nor_removed() {
    if let Some(missing) = qemu::missing() {
        return skips::report(&format!("{missing} is not installed"));
    }
    for (image_format, format) in [(ImageFormat::Raw, "raw"), (ImageFormat::Qcow2, "qcow2")] {
        let directory = tempfile::tempdir_in("/dev/shm").unwrap();
        let driver = driver(directory.path(), image_format);
        let (origin, work) = (volume(), Work::new());
        driver.ensure_volume(&work, &origin, None).unwrap();
        let source = Source::Volume(origin.clone());
        let holder = Holder::new(&directory.path().join(format!("volume-{}", origin.id)), format);
        busy(driver.ensure_snapshot(&work, &snapshot(&origin)));
        busy(driver.ensure_volume(&work, &volume(), Some(&source)));
        busy(driver.remove_volume(&work, &origin));
        if image_format == ImageFormat::Qcow2 {
            busy(driver.extend_volume(&work, &VolumeRef { size_gib: 2, ..origin.clone() }));
        }
        assert_eq!(driver.list().unwrap().len(), 1);
        drop(holder);
        driver.ensure_snapshot(&work, &snapshot(&origin)).unwrap();
        driver.remove_volume(&work, &origin).unwrap();
    }
}

#[test]
fn a_raw_file_that_qemu_has_open_is_snapshotted_where_blocks_can_be_shared() {
    if let Some(missing) = qemu::missing() {
        return skips::report(&format!("{missing} is not installed"));
    }
    let Some(disk) = mounted(Kind::Xfs) else { return };
    let driver = driver(disk.path(), ImageFormat::Raw);
    let origin = filled(&driver, 1);
    let _holder = Holder::new(&disk.path().join(format!("volume-{}", origin.id)), "raw");
    driver.ensure_snapshot(&Work::new(), &snapshot(&origin)).unwrap();
    busy(driver.remove_volume(&Work::new(), &origin));
}

#[test]
fn a_qcow2_volume_that_stands_on_nothing_becomes_a_base_as_it_is() {
    if let Some(program) = qemu::missing() {
        return skips::report(&format!("{program} is not installed"));
    }
    let directory = tempfile::tempdir().unwrap();
    let driver = driver(directory.path(), ImageFormat::Qcow2);
    let installed = filled(&driver, 4);
    let base = BaseRef { id: BaseId::random(), size_gib: 1, pool: None, parent: None };
    let bases = driver.bases().unwrap();
    bases.ensure_base_of(&Work::new(), &base, &installed).unwrap();
    let of = |name: String| std::fs::metadata(directory.path().join(name)).unwrap().len();
    let (made, from) = (of(format!("layer-{}", base.id)), of(format!("volume-{}", installed.id)));
    assert_eq!(made, from, "no other file than the volume's own, block by block");
    let desktop = driver.ensure_volume(&Work::new(), &volume(), Some(&Source::Base(base.clone()))).unwrap();
    assert!(desktop.provider_location.is_some(), "it stands on it");
    bases.remove_base(&Work::new(), &base).unwrap();
    assert!(matches!(bases.open_base(&base).err(), Some(DriverError::Missing { .. })));
}
