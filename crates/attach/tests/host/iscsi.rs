//! iSCSI where the kernel has no initiator.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use attach::AttachError;
use attach::agent::{Agent, AgentError, Phase, Trouble};
use attach::initiator::Means;
use attach::machine::ThisMachine;
use ports::{Exec, Work};

use crate::support::{FileService, Killer, Setup, agent, run, volume};
use crate::tgt::{SECRET, Tgtd};
use crate::{device, has};

pub(crate) const SIZE_BYTES: u64 = 64 << 20;

/// A volume behind a target, and a host.
pub(crate) struct World {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) tgtd: Tgtd,
}

impl World {
    /// None where this host cannot.
    pub(crate) fn new() -> Option<Self> {
        if !has(&["tgtd", "tgtadm", "qemu-storage-daemon", "losetup"], &["/dev/fuse", "/dev/loop-control"])
            || !has_iscsi()
        {
            return None;
        }
        let dir = tempfile::Builder::new().prefix("besser-attach-").tempdir().unwrap();
        let file = dir.path().join("volume");
        fs::File::create(&file).unwrap().set_len(SIZE_BYTES).unwrap();
        let tgtd = Tgtd::serving(&file);
        FileService::set_offer(dir.path(), &tgtd.offer(SECRET), SIZE_BYTES);
        Some(Self { dir, tgtd })
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn agent(&self, killer: &Killer) -> Agent {
        self::served_agent(self.path(), killer)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        device::end_all(self.path());
    }
}

/// An agent that has QEMU speak iSCSI.
pub(crate) fn served_agent(dir: &Path, killer: &Killer) -> Agent {
    let machine = Arc::new(ThisMachine::new(Exec::direct(), Work::new()));
    let initiator = Some("iqn.2026-01.org.example:here".to_owned());
    agent(dir, machine, &Setup { initiator, means: Some(Means::Served), multipath: false }, killer)
}

/// Whether QEMU was built with iSCSI, or has its module (`qemu-block-extra`).
fn has_iscsi() -> bool {
    let drivers = std::process::Command::new("qemu-img").arg("--help").output();
    let listed = drivers.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(" iscsi"));
    let module = ["/usr/lib/x86_64-linux-gnu/qemu", "/usr/lib/aarch64-linux-gnu/qemu", "/usr/lib64/qemu"];
    let there = listed && module.iter().any(|dir| Path::new(dir).join("block-iscsi.so").exists());
    if !there {
        skips::report("QEMU has no iSCSI (qemu-block-extra)");
    }
    there
}

#[test]
fn a_volume_is_a_block_device_and_leaves_nothing() {
    let Some(world) = World::new() else { return };
    let agent = world.agent(&Killer::none());
    let attached = agent.attach(volume(), false).unwrap();
    assert_eq!(attached.bytes, SIZE_BYTES);
    assert_eq!(agent.attach(volume(), false).unwrap().path, attached.path);
    assert!(matches!(agent.attach(volume(), true), Err(AgentError::OtherMode(_))));
    device::write(&attached.path, 3 << 20, 1 << 20);
    assert!(agent.check(false).unwrap().is_empty());
    agent.detach(volume(), false).unwrap();
    assert_eq!(device::residue(world.path()), Vec::<String>::new());
    assert!(FileService::rows(world.path()).is_empty());
    assert!(device::has(&world.path().join("volume"), 3 << 20, 1 << 20));
    // And again: what was written is there.
    let again = agent.attach(volume(), true).unwrap();
    assert!(device::has(&again.path, 3 << 20, 1 << 20));
    let writing = fs::OpenOptions::new().write(true).open(&again.path);
    let written = writing.and_then(|file| file.write_at(b"x", 0));
    assert!(written.is_err(), "{} is read-only, and took {written:?}", again.path.display());
    agent.detach(volume(), false).unwrap();
    assert_eq!(device::residue(world.path()), Vec::<String>::new());
}

#[test]
fn who_does_not_know_the_secret_gets_nothing_and_leaves_nothing() {
    let Some(world) = World::new() else { return };
    FileService::set_offer(world.path(), &world.tgtd.offer("wrongpassword"), SIZE_BYTES);
    let agent = world.agent(&Killer::none());
    let error = agent.attach(volume(), false).unwrap_err();
    assert!(!attach::chain(&error).contains("wrongpassword"), "{error}");
    assert_eq!(device::residue(world.path()), Vec::<String>::new());
    assert!(FileService::rows(world.path()).is_empty());
}

#[test]
fn no_argument_is_a_secret() {
    let Some(world) = World::new() else { return };
    let agent = world.agent(&Killer::none());
    agent.attach(volume(), false).unwrap();
    let processes = run("ps", &["-eo", "args"]);
    assert!(processes.contains("qemu-storage-daemon"), "{processes}");
    assert!(!processes.contains(SECRET));
    let kept = fs::read_to_string(world.path().join(format!("state/attachments/{}.json", volume()))).unwrap();
    assert!(!kept.contains(SECRET), "{kept}");
    assert!(!world.path().join(format!("served/{}/secret", volume())).exists());
    agent.detach(volume(), false).unwrap();
}

#[test]
fn a_device_in_use_stays() {
    let Some(world) = World::new() else { return };
    let agent = world.agent(&Killer::none());
    let attached = agent.attach(volume(), false).unwrap();
    run("mkfs.ext4", &["-q", "-F", attached.path.to_str().unwrap()]);
    let mount = world.path().join("mnt");
    fs::create_dir(&mount).unwrap();
    run("mount", &[attached.path.to_str().unwrap(), mount.to_str().unwrap()]);
    fs::write(mount.join("file"), "kept").unwrap();
    let refused = agent.detach(volume(), false);
    assert!(matches!(refused, Err(AgentError::Host(AttachError::Busy { .. }))), "{refused:?}");
    assert_eq!(agent.journal().find(volume()).unwrap().unwrap().phase, Phase::Attached);
    assert_eq!(fs::read_to_string(mount.join("file")).unwrap(), "kept");
    run("umount", &[mount.to_str().unwrap()]);
    agent.detach(volume(), false).unwrap();
    assert_eq!(device::residue(world.path()), Vec::<String>::new());
}

#[test]
fn a_daemon_that_was_killed_is_missed_and_replaced() {
    let Some(world) = World::new() else { return };
    let agent = world.agent(&Killer::none());
    let attached = agent.attach(volume(), false).unwrap();
    device::write(&attached.path, 0, 4096);
    let pid = fs::read_to_string(world.path().join(format!("served/{}/pid", volume()))).unwrap();
    run("kill", &["-9", pid.trim()]);
    std::thread::sleep(std::time::Duration::from_millis(200));
    let seen = agent.check(false).unwrap();
    assert_eq!(seen.iter().map(|finding| &finding.trouble).collect::<Vec<_>>(), [&Trouble::NoDevice]);
    let repaired = agent.check(true).unwrap();
    assert_eq!(repaired[0].repaired, Some(Ok(())));
    let entry = agent.journal().find(volume()).unwrap().unwrap();
    assert!(device::has(&entry.device.unwrap().path, 0, 4096));
    agent.detach(volume(), false).unwrap();
    assert_eq!(device::residue(world.path()), Vec::<String>::new());
}
