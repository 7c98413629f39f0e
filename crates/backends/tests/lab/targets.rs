//! Targets, looked at by an initiator: the kernel's own, on logical volumes, and tgtd.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use backends::target::lio::Lio;
use backends::target::{Chap, Portals, Target};
use ports::Exec;
use ports::volume::Access;

use crate::group::{Group, run};
use crate::host::Host;
use crate::promises::{Disk, PROMISES, SIZE_BYTES, Subject, initiator, must_refuse};
use crate::tgtd::Tgtd;
use crate::{group, scratch_disk};

/// The kernel's target, on logical volumes.
struct OnLio {
    target: Lio,
    _group: Group,
}

impl OnLio {
    fn new(disk: &Path) -> Self {
        let target = lio();
        target.check().unwrap();
        Self { target, _group: Group::new(disk) }
    }
}

fn lio() -> Lio {
    let portals = portals();
    Lio::new(Portals::new(portals[0], portals[1..].to_vec()), Exec::direct())
}

fn portals() -> Vec<SocketAddr> {
    [3260, 3261].map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).to_vec()
}

impl Subject for OnLio {
    fn target(&self) -> &dyn Target {
        &self.target
    }

    fn next_process(&self) -> Box<dyn Target> {
        Box::new(lio())
    }

    fn portals(&self) -> Vec<SocketAddr> {
        portals()
    }

    fn device(&self, name: &str) -> PathBuf {
        let size = format!("{SIZE_BYTES}b");
        run(
            "lvcreate",
            &["--yes", "--quiet", "--wipesignatures", "n", "--size", &size, "--name", name, group::NAME],
        );
        Path::new("/dev").join(group::NAME).join(name)
    }

    fn grow(&self, device: &Path) {
        let size = format!("{}b", 2 * SIZE_BYTES);
        run("lvextend", &["--yes", "--quiet", "--size", &size, device.to_str().unwrap()]);
    }
}

#[test]
fn the_kernels_target_keeps_every_promise() {
    let Some(disk) = scratch_disk() else { return };
    let lio = OnLio::new(&disk);
    for (promise, run) in PROMISES {
        println!("{promise}");
        run(&lio);
    }
    assert_eq!(lio.target().list("").unwrap(), Vec::<String>::new());
}

#[test]
fn tgtd_keeps_every_promise() {
    if scratch_disk().is_none() {
        return;
    }
    let tgtd = Tgtd::start();
    for (promise, run) in PROMISES {
        println!("{promise}");
        run(&tgtd);
    }
    assert_eq!(tgtd.target().list("").unwrap(), Vec::<String>::new());
}

/// The kernel's initiator, whose disk somebody writes to while it grows.
fn a_writer_survives_growth(subject: &dyn Subject) {
    let disk = Disk { chap: Some(Chap::random().unwrap()), ..Disk::new(subject) };
    let host = Host::start();
    subject.target().ensure(&disk.offer()).unwrap();
    subject.target().admit(&disk.offer(), &host.name, Access::Write).unwrap();
    let device = host.log_in(&disk, subject.portals()[0], subject.target().lun());
    let of = format!("of={}", device.display());
    // Written in small steps and past the page cache, so that there is always something under way.
    let writing = ["if=/dev/zero", &of, "bs=4k", "count=4000", "oflag=direct"];
    let mut writer = Command::new("dd").args(writing).stderr(Stdio::null()).spawn().unwrap();
    subject.grow(&disk.device);
    subject.target().resized(&disk.name).unwrap();
    assert!(writer.wait().unwrap().success(), "the writer failed");
    run("iscsiadm", &["-m", "node", "-T", disk.name.as_str(), "-R"]);
    let size = run("blockdev", &["--getsize64", device.to_str().unwrap()]);
    assert_eq!(size.trim().parse::<u64>().unwrap(), 2 * SIZE_BYTES);
    host.log_out(&disk);
    subject.target().remove(&disk.name).unwrap();
}

#[test]
fn a_writer_survives_growth_on_the_kernels_target() {
    let Some(disk) = scratch_disk() else { return };
    a_writer_survives_growth(&OnLio::new(&disk));
}

#[test]
fn a_writer_survives_growth_on_tgtd() {
    if scratch_disk().is_some() {
        a_writer_survives_growth(&Tgtd::start());
    }
}

#[test]
fn what_was_saved_is_restored_and_goes_on() {
    let Some(disk) = scratch_disk() else { return };
    let lio = OnLio::new(&disk);
    let disk = Disk { chap: Some(Chap::random().unwrap()), ..Disk::new(&lio) };
    lio.target().ensure(&disk.offer()).unwrap();
    lio.target().admit(&disk.offer(), &initiator("a"), Access::Write).unwrap();
    let known = lio.target().describe(&disk.name).unwrap().unwrap();
    run("targetctl", &["clear"]);
    assert_eq!(lio.target().list("").unwrap(), Vec::<String>::new());
    run("targetctl", &["restore"]);
    assert_eq!(lio.target().describe(&disk.name).unwrap().unwrap(), known);
    let mut session = disk.log_in(&lio, &initiator("a")).unwrap();
    assert_eq!(session.serial(0).unwrap(), disk.serial);
    drop(session);
    must_refuse(disk.log_in(&lio, &initiator("b")));
    // What was restored is ours as if we had made it.
    lio.target().ensure(&disk.offer()).unwrap();
    for name in ["a", "b"] {
        lio.target().admit(&disk.offer(), &initiator(name), Access::Write).unwrap();
        assert!(disk.log_in(&lio, &initiator(name)).is_ok());
    }
    lio.target().expel(&disk.name, &initiator("a")).unwrap();
    must_refuse(disk.log_in(&lio, &initiator("a")));
    assert_eq!(lio.target().save_all(None).unwrap(), 1);
    lio.target().remove(&disk.name).unwrap();
    run("targetctl", &["restore"]);
    assert_eq!(lio.target().list("").unwrap(), Vec::<String>::new());
}
