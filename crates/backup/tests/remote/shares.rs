//! Backups on a real GlusterFS share. (One of NFS needs the kernel's client: `tests/lab`.)

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use backup::Format;

use crate::rounds::{engine, keeps_and_forgets, open};

const TEST: &str = "glusterfs_is_mounted_filled_and_emptied";
/// Where the test that runs beside the server may work.
const PLACE: &str = "BESSER_TEST_GLUSTER";

#[test]
fn glusterfs_is_mounted_filled_and_emptied() {
    if let Some(place) = std::env::var_os(PLACE) {
        return beside_the_server(Path::new(&place));
    }
    if let Some(reason) = impossible() {
        return skips::report(reason);
    }
    // Bricks keep extended attributes, which file systems in memory may not have.
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lab/gluster.sh");
    let done = Command::new("unshare")
        .args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"])
        .arg(script)
        .arg(directory.path())
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("shares::{TEST}"), "--nocapture"])
        .env(PLACE, directory.path())
        .output()
        .unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(done.status.success(), "{}{}", said(&done.stdout), said(&done.stderr));
}

fn impossible() -> Option<&'static str> {
    let there = |path: &str| Path::new(path).exists();
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        Some("only root can mount")
    } else if !there("/dev/fuse") {
        Some("there is no FUSE")
    } else if !there("/usr/sbin/glusterd") || !there("/usr/sbin/mount.glusterfs") {
        Some("GlusterFS is not installed")
    } else {
        None
    }
}

fn beside_the_server(place: &Path) {
    let base = place.join("mounts");
    let store = || {
        open(&format!(
            "backup_driver = cinder.backup.drivers.glusterfs.GlusterfsBackupDriver\n\
             glusterfs_backup_share = 10.99.0.1:backups\nglusterfs_backup_mount_point = {}\nbackup_container = c",
            base.display()
        ))
    };
    ports::backup::conformance::run(&*store());
    for format in [Format::Packed, Format::Chunked] {
        keeps_and_forgets(&engine(store(), format));
    }
    let at = fs::read_dir(&base).unwrap().next().unwrap().unwrap().path();
    let mounted = || fs::read_to_string("/proc/self/mounts").unwrap().contains(at.to_str().unwrap());
    assert!(mounted());
    assert!(Command::new("umount").arg(&at).status().unwrap().success());
    assert!(!mounted());
    assert_eq!(fs::read_dir(&at).unwrap().count(), 0, "nothing lies below the share");
    // Mounted again by whoever needs it next.
    keeps_and_forgets(&engine(store(), Format::Packed));
    assert!(Command::new("umount").arg(&at).status().unwrap().success());
}
