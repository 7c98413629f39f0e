//! A disk behind `qemu-nbd`, and copies between disks.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ports::copy::{self, CopyError, Target};
use ports::exec::Exec;
use ports::volume::{Access, Disk, FileDisk};
use ports::{DriverError, Work, nbd};
use serde_json::{Value, json};

const MIB: u64 = 1 << 20;

/// The example `guarded`, which is built along with this test.
fn guard() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().and_then(Path::parent).unwrap().join("examples/guarded")
}

fn raw(path: &Path) -> Value {
    json!({ "driver": "raw", "file": { "driver": "file", "filename": path } })
}

fn made(dir: &Path, name: &str, mib: u64) -> (PathBuf, File) {
    let path = dir.join(name);
    let file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(&path).unwrap();
    file.set_len(mib * MIB).unwrap();
    (path, file)
}

fn served(exec: &Exec, path: &Path, access: Access) -> Option<Box<dyn Disk>> {
    match nbd::open(exec, "the test's disk", &raw(path), access) {
        Err(DriverError::Refused(why)) if why.contains("not installed") => {
            skips::report(&why);
            None
        }
        opened => Some(opened.unwrap()),
    }
}

/// Some pieces of data with holes between them, and zeros that are data.
fn fill(file: &File, mib: u64) {
    for at in (0..mib * MIB).step_by(3 << 20) {
        let length = 300_000.min(mib * MIB - at);
        let bytes: Vec<u8> = (0..length).map(|i| u8::try_from((at / MIB + i) % 251).unwrap()).collect();
        file.write_all_at(&bytes, at).unwrap();
    }
    file.write_all_at(&vec![0; 1 << 20], 4 * MIB).unwrap();
}

#[test]
fn many_threads_use_one_disk_and_nothing_stays_behind() {
    let (dir, records) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (path, _) = made(dir.path(), "disk", 64);
    let exec = Exec::guarded(guard(), records.path().to_owned());
    let Some(disk) = served(&exec, &path, Access::Write) else { return };
    std::thread::scope(|scope| {
        for number in 0..32_u8 {
            let disk = &disk;
            scope.spawn(move || {
                let at = u64::from(number) * 2 * MIB;
                disk.write_at(&vec![number; 1 << 20], at).unwrap();
                let mut found = vec![0; 1 << 20];
                disk.read_at(&mut found, at).unwrap();
                assert!(found.iter().all(|byte| *byte == number));
            });
        }
    });
    disk.sync().unwrap();
    assert!(fs::read_dir(records.path()).unwrap().count() >= 2, "a record and a socket");
    drop(disk);
    assert_eq!(fs::read_dir(records.path()).unwrap().count(), 0);
    assert!(fs::read(&path).unwrap().chunks(2 << 20).zip(0_u8..).all(|(part, n)| part[0] == n));
}

#[test]
fn a_server_that_cannot_open_its_disk_says_why() {
    let (dir, exec) = (tempfile::tempdir().unwrap(), Exec::direct());
    let (path, _) = made(dir.path(), "disk", 1);
    if served(&exec, &path, Access::Read).is_none() {
        return;
    }
    let error = nbd::open(&exec, "it", &raw(&dir.path().join("no")), Access::Read).unwrap_err();
    assert!(error.chain().contains("No such file"), "{}", error.chain());
    let node = json!({ "driver": "qcow2", "backing": null, "file": { "driver": "file", "filename": path } });
    let error = nbd::open(&exec, "it", &node, Access::Read).unwrap_err();
    assert!(error.chain().contains("qcow2"), "{}", error.chain());
    served(&exec, &path, Access::Write).unwrap();
}

#[test]
fn a_server_that_dies_fails_the_call_and_not_us() {
    let (dir, records) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (path, _) = made(dir.path(), "disk", 8);
    let exec = Exec::guarded(guard(), records.path().to_owned());
    let Some(disk) = served(&exec, &path, Access::Read) else { return };
    assert_eq!(Exec::end_orphans(records.path()).unwrap().len(), 1);
    assert!(disk.read_at(&mut [0; 512], 0).is_err());
    assert!(disk.extent_at(0).is_err());
}

#[test]
fn a_copy_is_equal_and_keeps_holes() {
    let dir = tempfile::tempdir().unwrap();
    let (path, source) = made(dir.path(), "source", 40);
    fill(&source, 40);
    let wanted = fs::read(&path).unwrap();
    let from = FileDisk::new(source).unwrap();
    for (name, target) in [("blank", Target::Blank), ("unknown", Target::Unknown)] {
        let (target_path, file) = made(dir.path(), name, 48);
        if target == Target::Unknown {
            file.write_all_at(&vec![9; 48 << 20], 0).unwrap();
        }
        let work = Work::new();
        copy::copy(&from, &FileDisk::new(file).unwrap(), target, &work).unwrap();
        assert_eq!(work.percent(), Some(100));
        let found = fs::read(&target_path).unwrap();
        assert!(found[..40 << 20] == wanted[..] && found[40 << 20..].iter().all(|byte| *byte == 0));
        let used = std::os::unix::fs::MetadataExt::blocks(&fs::metadata(&target_path).unwrap()) * 512;
        assert!(used < 8 * MIB, "{used} bytes");
    }
}

#[test]
fn a_copy_goes_through_servers() {
    let (dir, exec) = (tempfile::tempdir().unwrap(), Exec::direct());
    let (from_path, source) = made(dir.path(), "from", 40);
    fill(&source, 40);
    let (to_path, _) = made(dir.path(), "to", 40);
    let Some(from) = served(&exec, &from_path, Access::Read) else { return };
    let to = served(&exec, &to_path, Access::Write).unwrap();
    copy::copy(&*from, &*to, Target::Blank, &Work::new()).unwrap();
    drop(to);
    assert!(fs::read(&from_path).unwrap() == fs::read(&to_path).unwrap());
}

#[test]
fn a_copy_stops_when_it_is_called_off_or_cannot_fit() {
    let dir = tempfile::tempdir().unwrap();
    let (_, source) = made(dir.path(), "source", 8);
    fill(&source, 8);
    let (_, small) = made(dir.path(), "small", 7);
    let (_, large) = made(dir.path(), "large", 8);
    let [source, small, large] = [source, small, large].map(|file| FileDisk::new(file).unwrap());
    let error = copy::copy(&source, &small, Target::Blank, &Work::new()).unwrap_err();
    assert_eq!(error.to_string(), "7340032 bytes cannot hold 8388608 bytes");
    let work = Work::new();
    work.call_off();
    let error = copy::copy(&source, &large, Target::Blank, &work).unwrap_err();
    assert!(matches!(error, CopyError::Unwanted(_)), "{error}");
}
