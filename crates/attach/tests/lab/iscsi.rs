//! Attach, write, detach, attach again; grow; several paths; refusals.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use attach::AttachError;
use attach::agent::{AgentError, Phase, Trouble};

use crate::storage::{SECOND, Storage};
use crate::support::{FileService, Killer, is_cut_off, run, volume};

const GIB: u64 = 1 << 30;

/// A file system on a device, for as long as this lives.
pub(crate) struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    pub(crate) fn new(device: &Path, place: &'a Path) -> Self {
        fs::create_dir_all(place).unwrap();
        run("mount", &[device.to_str().unwrap(), place.to_str().unwrap()]);
        Self(place)
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        // A second panic would hide the first.
        let ended = Command::new("umount").arg(self.0).output().unwrap();
        assert!(ended.status.success() || thread::panicking(), "{ended:?}");
    }
}

pub(crate) fn hash(file: &Path) -> String {
    run("sha256sum", &[file.to_str().unwrap()]).split(' ').next().unwrap().to_owned()
}

#[test]
fn what_was_written_is_there_again_and_nothing_is_left() {
    let Some(storage) = Storage::new(false) else { return };
    let agent = storage.agent(false, &Killer::none());
    let mount = storage.path().join("mnt");
    let device = agent.attach(volume(), false).unwrap();
    assert_eq!(device.bytes, GIB);
    run("mkfs.ext4", &["-q", "-F", device.path.to_str().unwrap()]);
    let written = {
        let mounted = Mounted::new(&device.path, &mount);
        run("dd", &["if=/dev/urandom", &format!("of={}/data", mounted.0.display()), "bs=1M", "count=8"]);
        let refused = agent.detach(volume(), false);
        assert!(matches!(refused, Err(AgentError::Host(AttachError::Busy { .. }))), "{refused:?}");
        assert_eq!(agent.journal().find(volume()).unwrap().unwrap().phase, Phase::Attached);
        // It grows while it is used.
        storage.extend();
        assert_eq!(agent.resize(volume()).unwrap().bytes, 2 * GIB);
        run("resize2fs", &[device.path.to_str().unwrap()]);
        hash(&mount.join("data"))
    };
    agent.detach(volume(), false).unwrap();
    assert_eq!(storage.residue(), Vec::<String>::new());
    let device = agent.attach(volume(), true).unwrap();
    assert_eq!(device.bytes, 2 * GIB);
    fs::create_dir_all(&mount).unwrap();
    run("mount", &["-o", "ro", device.path.to_str().unwrap(), mount.to_str().unwrap()]);
    let read = hash(&mount.join("data"));
    run("umount", &[mount.to_str().unwrap()]);
    assert_eq!(read, written);
    agent.detach(volume(), false).unwrap();
    assert_eq!(storage.residue(), Vec::<String>::new());
}

#[test]
fn who_does_not_know_the_secret_gets_nothing_and_leaves_nothing() {
    let Some(storage) = Storage::new(false) else { return };
    storage.spoil("auth_password", "wrongpassword");
    let agent = storage.agent(false, &Killer::none());
    let refused = agent.attach(volume(), false);
    assert!(matches!(refused, Err(AgentError::Host(AttachError::LoginRefused { .. }))), "{refused:?}");
    assert_eq!(storage.residue(), Vec::<String>::new());
    assert!(FileService::rows(storage.path()).is_empty());
}

#[test]
fn two_paths_are_one_device_that_survives_the_loss_of_one() {
    let Some(storage) = Storage::new(true) else { return };
    let agent = storage.agent(true, &Killer::none());
    let device = agent.attach(volume(), false).unwrap();
    assert_eq!((device.bytes, device.paths.len()), (GIB, 2), "{device:?}");
    assert!(device.path.starts_with("/dev/mapper"), "{device:?}");
    storage.extend();
    assert_eq!(agent.resize(volume()).unwrap().bytes, 2 * GIB);
    run("mkfs.ext4", &["-q", "-F", device.path.to_str().unwrap()]);
    let mount = storage.path().join("mnt");
    {
        let _mounted = Mounted::new(&device.path, &mount);
        run("ip", &["address", "del", &format!("{SECOND}/8"), "dev", "lo"]);
        run(
            "dd",
            &["if=/dev/urandom", &format!("of={}/data", mount.display()), "bs=1M", "count=4", "conv=fsync"],
        );
    }
    agent.detach(volume(), false).unwrap();
    assert_eq!(storage.residue(), Vec::<String>::new());
}

/// The target would take what is written, over either path: it is this host that only reads.
#[test]
fn a_target_of_one_known_portal_has_two_paths_and_its_map_is_only_read() {
    let Some(storage) = Storage::new(true) else { return };
    storage.name_one_portal();
    let agent = storage.agent(true, &Killer::none());
    let device = agent.attach(volume(), true).unwrap();
    assert_eq!(device.paths.len(), 2, "{device:?}");
    let path = device.path.to_str().unwrap();
    let is_only_read = || run("blockdev", &["--getro", path]).trim() == "1";
    assert!(is_only_read());
    let of = format!("of={path}");
    let written = Command::new("dd").args(["if=/dev/zero", &of, "bs=4096", "count=1"]).output().unwrap();
    assert!(!written.status.success(), "{written:?}");
    run("blockdev", &["--setrw", path]);
    for repaired in [None, Some(Ok(()))] {
        let found = agent.check(repaired.is_some()).unwrap();
        assert_eq!((&found[0].trouble, &found[0].repaired), (&Trouble::Writable, &repaired));
    }
    assert!(is_only_read() && agent.check(false).unwrap().is_empty());
    agent.detach(volume(), false).unwrap();
    assert_eq!(storage.residue(), Vec::<String>::new());
}

#[test]
fn a_login_that_nobody_waits_for_leaves_no_session() {
    let Some(storage) = Storage::new(false) else { return };
    // Killed when the record was written and nobody had logged in: four moments of the service, four of the record.
    let agent = storage.agent(false, &Killer::none());
    let killer = Killer::unwinding(8);
    assert!(is_cut_off(|| drop(storage.agent(false, &killer).attach(volume(), false))));
    let records = run("iscsiadm", &["-m", "node"]);
    let target = records.split_whitespace().nth(1).unwrap();
    let mut login = Command::new("iscsiadm")
        .args(["-m", "node", "-T", target, "-p", "127.0.0.1:3260", "--login"])
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(5));
    login.kill().unwrap();
    login.wait().unwrap();
    agent.recover(volume()).unwrap();
    thread::sleep(Duration::from_secs(2));
    assert_eq!(storage.residue(), Vec::<String>::new());
    assert!(FileService::rows(storage.path()).is_empty());
}
