#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use model::{SnapshotId, VolumeId};
use ports::volume::Extent;
use tempfile::TempDir;

use super::*;

pub(super) struct Backend {
    pub(super) directory: TempDir,
    pub(super) driver: LocalFileDriver,
}

impl Backend {
    pub(super) fn new(change: impl FnOnce(&mut LocalOptions)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut options = LocalOptions::new(directory.path().to_owned());
        change(&mut options);
        Self { driver: LocalFileDriver::new(options, Exec::direct()), directory }
    }

    pub(super) fn path(&self, volume: &VolumeRef) -> PathBuf {
        self.directory.path().join(format!("volume-{}", volume.id))
    }

    fn made(&self) -> VolumeRef {
        let volume = volume(1);
        self.driver.ensure_volume(&Work::new(), &volume, None).unwrap();
        volume
    }

    pub(super) fn names(&self) -> usize {
        fs::read_dir(self.directory.path()).unwrap().count()
    }
}

pub(super) fn volume(size_gib: u64) -> VolumeRef {
    VolumeRef::new(VolumeId::random(), size_gib)
}

pub(super) fn refused<T: std::fmt::Debug>(result: Result<T, DriverError>) -> String {
    match result {
        Err(DriverError::Refused(why)) => why,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_blank_volume_is_sparse_and_private() {
    let backend = Backend::new(|_| {});
    let found = fs::metadata(backend.path(&backend.made())).unwrap();
    assert_eq!((found.len(), found.blocks(), found.permissions().mode() & 0o777), (GIB, 0, 0o600));
}

#[test]
fn a_preallocated_volume_has_its_space() {
    let backend = Backend::new(|options| options.preallocate = true);
    let mut volume = backend.made();
    assert!(fs::metadata(backend.path(&volume)).unwrap().blocks() * 512 >= GIB);
    volume.size_gib = 2;
    backend.driver.extend_volume(&Work::new(), &volume).unwrap();
    assert!(fs::metadata(backend.path(&volume)).unwrap().blocks() * 512 >= 2 * GIB);
}

#[test]
fn a_preallocated_volume_that_does_not_fit_is_refused_with_numbers_and_leaves_nothing() {
    let backend = Backend::new(|options| options.preallocate = true);
    let mut made = backend.made();
    let size_gib = 1 << 20;
    let error = backend.driver.ensure_volume(&Work::new(), &volume(size_gib), None).unwrap_err();
    assert!(
        matches!(error, DriverError::NoSpace { asked_bytes, free_bytes }
        if asked_bytes == size_gib << 30 && free_bytes > 0),
        "{error}"
    );
    made.size_gib = size_gib;
    let error = backend.driver.extend_volume(&Work::new(), &made).unwrap_err();
    assert!(matches!(error, DriverError::NoSpace { .. }), "{error}");
    assert_eq!(fs::metadata(backend.path(&made)).unwrap().len(), GIB);
    assert_eq!(backend.names(), 1);
}

#[test]
fn an_empty_file_of_a_killed_call_becomes_the_volume() {
    let backend = Backend::new(|_| {});
    let volume = volume(1);
    fs::write(backend.path(&volume), b"").unwrap();
    backend.driver.ensure_volume(&Work::new(), &volume, None).unwrap();
    assert_eq!(fs::metadata(backend.path(&volume)).unwrap().len(), GIB);
}

/// What is left of 4 MiB of data after its volume was removed, seen through a second link to the file.
fn after_removal(change: impl FnOnce(&mut LocalOptions)) -> Vec<u8> {
    let backend = Backend::new(change);
    let volume = backend.made();
    let second = backend.directory.path().join("second");
    fs::hard_link(backend.path(&volume), &second).unwrap();
    let file = fs::OpenOptions::new().read(true).write(true).open(&second).unwrap();
    file.write_all_at(&vec![7; 4 << 20], 0).unwrap();
    backend.driver.remove_volume(&Work::new(), &volume).unwrap();
    assert!(!backend.path(&volume).exists());
    let mut bytes = vec![0; 4 << 20];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

#[test]
fn a_removed_volume_is_wiped_as_the_options_say() {
    let wiped = after_removal(|options| {
        options.preallocate = true;
        options.volume_clear_size_mib = 3;
    });
    let (wiped, kept) = wiped.split_at(3 << 20);
    assert!(wiped.iter().all(|byte| *byte == 0) && kept.iter().all(|byte| *byte == 7));
    let unwiped = after_removal(|options| {
        options.preallocate = true;
        options.volume_clear = VolumeClear::None;
    });
    assert!(unwiped.iter().all(|byte| *byte == 7));
    assert!(after_removal(|_| {}).iter().all(|byte| *byte == 7), "thin is given back, not overwritten");
}

#[test]
fn a_wipe_that_is_called_off_keeps_the_volume() {
    let backend = Backend::new(|options| options.preallocate = true);
    let (volume, work) = (backend.made(), Work::new());
    work.call_off();
    let error = backend.driver.remove_volume(&work, &volume).unwrap_err();
    assert!(matches!(error, DriverError::Unwanted(_)), "{error}");
    assert!(backend.path(&volume).exists());
}

#[test]
fn a_copy_that_fails_leaves_nothing() {
    let backend = Backend::new(|_| {});
    let (origin, work) = (backend.made(), Work::new());
    work.call_off();
    let error = backend.driver.ensure_volume(&work, &volume(1), Some(&Source::Volume(origin))).unwrap_err();
    assert!(matches!(error, DriverError::Unwanted(_)), "{error}");
    assert_eq!(backend.names(), 1);
}

fn check_of(mount_point: &Path) -> Result<(), DriverError> {
    LocalFileDriver::new(LocalOptions::new(mount_point.to_owned()), Exec::direct()).check()
}

#[test]
fn a_check_says_why_not() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::write(at("file"), b"").unwrap();
    std::os::unix::fs::symlink(directory.path(), at("link")).unwrap();
    std::os::unix::fs::symlink("nowhere", at("dangling")).unwrap();
    for (name, why) in [
        ("file", "is not a directory"),
        ("link", "is a symbolic link to"),
        ("dangling", "is a symbolic link to"),
        ("no/such", "there is no"),
    ] {
        let told = refused(check_of(&at(name)));
        assert!(told.contains(why) && told.contains(at(name).to_str().unwrap()), "{told}");
    }
    check_of(&at("new")).unwrap();
    assert_eq!(fs::metadata(at("new")).unwrap().permissions().mode() & 0o777, 0o700);
    check_of(&at("new")).unwrap();

    let mut options = LocalOptions::new(at("new"));
    options.image_base_path = Some(at("no-images"));
    assert!(refused(LocalFileDriver::new(options, Exec::direct()).check()).contains("no-images"));
}

#[test]
fn a_directory_that_was_replaced_is_noticed() {
    let backend = Backend::new(|_| {});
    backend.driver.check().unwrap();
    let aside = backend.directory.path().with_extension("aside");
    fs::rename(backend.directory.path(), &aside).unwrap();
    fs::create_dir(backend.directory.path()).unwrap();
    let told = refused(backend.driver.check());
    assert!(told.contains("no longer"), "{told}");
    refused(backend.driver.stats());
    fs::remove_dir_all(aside).unwrap();
}

#[test]
fn the_report_says_how_space_is_taken() {
    for preallocate in [false, true] {
        let backend = Backend::new(|options| options.preallocate = preallocate);
        backend.made();
        let pool = backend.driver.stats().unwrap().pools.remove(0);
        assert_eq!(pool.extra["thick_provisioning_support"], preallocate);
        assert_eq!(pool.extra["thin_provisioning_support"], !preallocate);
        let location = pool.extra["location_info"].as_str().unwrap().to_owned();
        assert!(location.starts_with("LocalFileDriver:"), "{location}");
        assert!(location.ends_with(backend.directory.path().to_str().unwrap()), "{location}");
    }
}

fn qcow2() -> Option<Backend> {
    let backend = Backend::new(|options| options.image_format = ImageFormat::Qcow2);
    match backend.driver.check() {
        Ok(()) => Some(backend),
        Err(error) => {
            skips::report(&error.to_string());
            None
        }
    }
}

#[test]
fn the_inside_of_a_qcow2_volume_is_read_and_written() {
    let Some(backend) = qcow2() else { return };
    let volume = backend.made();
    let size_bytes = volume.size_gib << 30;
    let written = backend.driver.open_volume(&volume, Access::Write).unwrap();
    assert_eq!(written.size_bytes(), size_bytes);
    assert_eq!(written.extent_at(0).unwrap(), Extent { length_bytes: size_bytes, is_zero: true });
    written.write_at(&[7; 9 << 20], 1 << 20).unwrap();
    written.write_at(&[8; 3], size_bytes - 3).unwrap();
    written.zero_at(2 << 20, 1 << 20).unwrap();
    written.sync().unwrap();
    assert_eq!(written.write_at(&[1], size_bytes).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(matches!(backend.driver.open_volume(&volume, Access::Read), Err(DriverError::Busy { .. })));
    drop(written);

    let snapshot = SnapshotRef { id: SnapshotId::random(), volume: volume.clone(), provider_location: None };
    backend.driver.ensure_snapshot(&Work::new(), &snapshot).unwrap();
    for read in [
        backend.driver.open_volume(&volume, Access::Read).unwrap(),
        backend.driver.open_snapshot(&snapshot).unwrap(),
    ] {
        let mut found = vec![1; 11 << 20];
        read.read_at(&mut found, 0).unwrap();
        let mib = |from: usize, to: usize| &found[from << 20..to << 20];
        assert!(mib(0, 1).iter().chain(mib(2, 3)).chain(mib(10, 11)).all(|byte| *byte == 0));
        assert!(mib(1, 2).iter().chain(mib(3, 10)).all(|byte| *byte == 7));
        assert_eq!(read.extent_at(1 << 20).unwrap(), Extent { length_bytes: 1 << 20, is_zero: false });
        let mut end = [0; 4];
        read.read_at(&mut end, size_bytes - 4).unwrap();
        assert_eq!(end, [0, 8, 8, 8]);
        assert_eq!(read.read_at(&mut end, size_bytes - 3).unwrap_err().kind(), ErrorKind::UnexpectedEof);
        assert_eq!(read.write_at(&[1], 0).unwrap_err().kind(), ErrorKind::ReadOnlyFilesystem);
        // Its readers are in nobody's way.
        let volume = self::volume(volume.size_gib);
        backend
            .driver
            .ensure_volume(&Work::new(), &volume, Some(&Source::Snapshot(snapshot.clone())))
            .unwrap();
    }
}

#[test]
fn a_qcow2_header_that_names_a_file_is_not_served() {
    let Some(backend) = qcow2() else { return };
    let volume = backend.made();
    let file = fs::OpenOptions::new().write(true).open(backend.path(&volume)).unwrap();
    file.write_all_at(&512_u64.to_be_bytes(), 8).unwrap();
    for access in [Access::Read, Access::Write] {
        assert!(refused(backend.driver.open_volume(&volume, access)).contains("backing file"));
    }
}

#[test]
fn a_qcow2_file_that_names_another_file_is_not_touched() {
    let Some(backend) = qcow2() else { return };
    let mut volume = backend.made();
    let file = fs::OpenOptions::new().write(true).open(backend.path(&volume)).unwrap();
    let name = b"/etc/passwd";
    file.write_all_at(name, 512).unwrap();
    file.write_all_at(&512_u64.to_be_bytes(), 8).unwrap();
    file.write_all_at(&u32::try_from(name.len()).unwrap().to_be_bytes(), 16).unwrap();

    let snapshot = SnapshotRef { id: SnapshotId::random(), volume: volume.clone(), provider_location: None };
    let (driver, work) = (&backend.driver, Work::new());
    assert!(refused(driver.ensure_snapshot(&work, &snapshot)).contains("backing file"));
    let source = Source::Volume(volume.clone());
    assert!(refused(driver.ensure_volume(&work, &self::volume(1), Some(&source))).contains("backing file"));
    volume.size_gib = 2;
    assert!(refused(driver.extend_volume(&work, &volume)).contains("backing file"));
    assert_eq!(backend.names(), 1);
    driver.remove_volume(&work, &volume).unwrap();
}

#[test]
fn a_raw_file_is_no_qcow2_volume() {
    let Some(backend) = qcow2() else { return };
    let volume = volume(1);
    fs::write(backend.path(&volume), b"short").unwrap();
    assert!(refused(backend.driver.ensure_volume(&Work::new(), &volume, None)).contains("not a qcow2 file"));
}
