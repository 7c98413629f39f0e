#![allow(clippy::disallowed_methods, reason = "a test cleans up after itself")]

use std::process::Command;

use super::*;

fn share(kind: &'static str, base: &Path) -> ShareStore {
    let share = Share {
        service: NFS,
        kind,
        name: "host:/backups".to_owned(),
        options: None,
        base: base.to_owned(),
        attempts: 2,
        container: None,
    };
    ShareStore::new(share, Exec::default())
}

#[test]
fn what_cannot_be_mounted_takes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = share("no-such-file-system", directory.path());
    assert!(store.check().is_err());
    let object = ObjectName::new("container", "object").unwrap();
    assert!(store.put(&object, b"x").is_err());
    let made: Vec<_> = fs::read_dir(directory.path()).unwrap().collect();
    assert_eq!(made.len(), 1);
    assert_eq!(fs::read_dir(made[0].as_ref().unwrap().path()).unwrap().count(), 0);
}

/// With a file system that the kernel has everywhere in the place of a share's.
#[test]
fn a_share_is_mounted_where_cinder_mounts_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = share("tmpfs", directory.path());
    if let Err(error) = store.check() {
        return skips::report(&format!("nothing can be mounted here: {error}"));
    }
    assert!(is_mounted(&store.at));
    ports::backup::conformance::run(&store);
    assert_eq!(store.capabilities().service, NFS);
    // The MD5 sum of the share's name.
    assert!(store.at.ends_with("ebee8e80fab13755de3036d7155b5a1f"));
    assert!(Command::new("umount").arg(&store.at).status().unwrap().success());
    assert!(!is_mounted(&store.at));
}

/// With a small file system in the place of a share's.
#[test]
fn a_share_that_is_full_says_so_and_takes_more_once_there_is_room() {
    let directory = tempfile::tempdir().unwrap();
    let small = Share { options: Some("size=1m".to_owned()), ..share("tmpfs", directory.path()).share };
    let store = ShareStore::new(small, Exec::default());
    if let Err(error) = store.check() {
        return skips::report(&format!("nothing can be mounted here: {error}"));
    }
    let object = |number| ObjectName::new("container", &format!("object{number}")).unwrap();
    let bytes = vec![7; 300 << 10];
    let mut put = 0;
    let full = loop {
        match store.put(&object(put), &bytes) {
            Ok(()) => put += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, DriverError::NoSpace { .. }), "{full:?}");
    assert_eq!(store.list("container", "").unwrap().len(), put, "of what does not fit, nothing is left");
    store.remove(&object(0)).unwrap();
    store.put(&object(put), &bytes).unwrap();
    assert!(Command::new("umount").arg(&store.at).status().unwrap().success());
}
