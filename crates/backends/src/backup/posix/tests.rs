use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

fn store() -> (tempfile::TempDir, PosixStore) {
    let directory = tempfile::tempdir().unwrap();
    let store = PosixStore::new(directory.path().join("deep/backups"));
    store.check().unwrap();
    (directory, store)
}

#[test]
fn holds_to_the_port() {
    let (_directory, store) = store();
    ports::backup::conformance::run(&store);
}

#[test]
fn files_lie_where_cinder_looks_for_them() {
    let (directory, store) = store();
    store.put(&ObjectName::new("48/ad/48ad", "volume-00001").unwrap(), b"x").unwrap();
    let file = directory.path().join("deep/backups/48/ad/48ad/volume-00001");
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(fs::read(&file).unwrap(), b"x");
    // The umask may take from the group, and gives nobody anything.
    assert_eq!(mode(&file) | 0o060, 0o660);
    assert_eq!(mode(file.parent().unwrap()) | 0o070, 0o770);
}

#[test]
fn no_link_leads_out_of_the_store() {
    let (directory, store) = store();
    let outside = directory.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), b"secret").unwrap();
    symlink(&outside, directory.path().join("deep/backups/link")).unwrap();
    let object = ObjectName::new("link", "secret").unwrap();
    assert!(store.get(&object, 100).is_err());
    assert!(store.put(&object, b"x").is_err());
    assert!(store.list("link", "").is_err());
    let inside = ObjectName::new("fine", "link").unwrap();
    store.put(&ObjectName::new("fine", "other").unwrap(), b"x").unwrap();
    symlink(outside.join("secret"), directory.path().join("deep/backups/fine/link")).unwrap();
    assert!(store.get(&inside, 100).is_err());
    store.put(&inside, b"new").unwrap();
    assert_eq!(fs::read(outside.join("secret")).unwrap(), b"secret");
}

#[test]
fn only_what_nobody_writes_is_swept() {
    let (directory, store) = store();
    let unfinished = directory.path().join("deep/backups/.unfinished");
    fs::write(unfinished.join("1-0"), b"dead").unwrap();
    let alive = fs::File::create(unfinished.join("1-1")).unwrap();
    rustix::fs::flock(&alive, rustix::fs::FlockOperation::LockExclusive).unwrap();
    assert_eq!(store.sweep().unwrap(), 1);
    assert_eq!(fs::read_dir(&unfinished).unwrap().count(), 1);
}

#[test]
fn a_directory_that_is_none_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, b"x").unwrap();
    let refused = PosixStore::new(file).check().unwrap_err();
    assert!(refused.to_string().contains("cannot be made"), "{refused}");
}
