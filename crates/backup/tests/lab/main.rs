//! Backups on a real NFS share: the kernel's server and its client, in the lab's guest (`cargo xtask lab`); elsewhere this skips
//! itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "the server is programs of other people")]

#[path = "../remote/rounds.rs"]
mod rounds;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use backup::Format;
use ports::{BackupStore, DriverError, Work};

use crate::rounds::{assert_restores, back_up, content, disk, engine, keeps_and_forgets, objects, open};

/// Runs a program of the system, which has to succeed.
fn run(program: &str, arguments: &[&str]) {
    let done = Command::new(program).args(arguments).status();
    assert!(done.is_ok_and(|status| status.success()), "{program} {arguments:?}");
}

/// Whether something is mounted on `path`.
fn is_mounted(path: &Path) -> bool {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    mounts.lines().any(|line| line.split(' ').nth(1) == path.to_str())
}

/// Exports `directory`.
fn serve(directory: &Path) {
    run("modprobe", &["nfsd"]);
    run("mount", &["-t", "nfsd", "nfsd", "/proc/fs/nfsd"]);
    run(
        "exportfs",
        &["-i", "-o", "rw,no_root_squash,insecure,fsid=1", &format!("*:{}", directory.display())],
    );
    fs::create_dir_all("/run/rpcbind").unwrap();
    run("rpcbind", &["-w"]);
    // Of version 4 the server waits for clients from before its start, who could claim their locks.
    run("rpc.nfsd", &["-N", "4", "2"]);
    run("rpc.mountd", &["-N", "4"]);
}

#[test]
fn nfs_is_mounted_filled_emptied_and_waited_for() {
    if std::env::var_os("LAB_DISK1").is_none() {
        println!("skipped: not in the lab");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (export, base) = (directory.path().join("export"), directory.path().join("mounts"));
    fs::create_dir(&export).unwrap();
    run("mount", &["-t", "tmpfs", "-o", "size=14m", "tmpfs", export.to_str().unwrap()]);
    serve(&export);
    let options = format!(
        "backup_driver = cinder.backup.drivers.nfs.NFSBackupDriver\nbackup_share = 127.0.0.1:{}\n\
         backup_mount_point_base = {}\nbackup_mount_options = vers=3,nolock,soft,timeo=5,retrans=1\n\
         backup_container = c",
        export.display(),
        base.display()
    );
    let store = || open(&options);
    ports::backup::conformance::run(&*store());
    let at = fs::read_dir(&base).unwrap().next().unwrap().unwrap().path();
    assert!(is_mounted(&at), "{}", at.display());
    for format in [Format::Packed, Format::Chunked] {
        keeps_and_forgets(&engine(store(), format));
    }
    fills_up(&store);
    is_gone_for_a_while(&at, &store);
    run("umount", &[at.to_str().unwrap()]);
    assert!(!is_mounted(&at));
    // Mounted again by whoever needs it next.
    keeps_and_forgets(&engine(store(), Format::Packed));
    run("umount", &[at.to_str().unwrap()]);
    run("rpc.nfsd", &["0"]);
}

/// A share that is full says so, and takes the next one once there is room.
fn fills_up(store: &dyn Fn() -> Arc<dyn BackupStore>) {
    let engine = engine(store(), Format::Packed);
    let big: Vec<u8> = (0_u8..4).flat_map(|seed| noise(seed, 4 << 20)).collect();
    let error = back_up(&engine, "big", big, None).err().map(DriverError::from).unwrap();
    let is_full = match &error {
        DriverError::NoSpace { .. } => true,
        DriverError::Io { source, .. } => source.kind() == std::io::ErrorKind::StorageFull,
        _ => false,
    };
    assert!(is_full, "{error:?}");
    let made = back_up(&engine, "big", content(1), None).unwrap();
    assert_restores(&engine, &made);
    engine.remove(&made.layer.at).unwrap();
    assert_eq!(objects(&engine), [""; 0]);
}

fn noise(seed: u8, length: usize) -> Vec<u8> {
    let mut state = u64::from(seed) * 2 + 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

/// A server that does not answer fails the backup where the mount is soft, and the next one is made when it is mounted again.
fn is_gone_for_a_while(at: &Path, store: &dyn Fn() -> Arc<dyn BackupStore>) {
    let engine = engine(store(), Format::Packed);
    let before = back_up(&engine, "before", content(1), None).unwrap();
    run("rpc.nfsd", &["0"]);
    let error = back_up(&engine, "during", content(2), None).err().map(DriverError::from).unwrap();
    assert!(error.may_pass(), "{error:?}");
    run("rpc.nfsd", &["-N", "4", "2"]);
    // The client would try to connect again in its own time, which doubles each time.
    run("umount", &["-f", at.to_str().unwrap()]);
    let made = back_up(&engine, "during", content(2), None).unwrap();
    for made in [&before, &made] {
        assert_restores(&engine, made);
        engine.remove(&made.layer.at).unwrap();
    }
    assert_eq!(objects(&engine), [""; 0]);
    let scratch = disk(&[0; 512]);
    assert!(engine.restore(&[made.layer], &scratch, &Work::new()).is_err());
}
