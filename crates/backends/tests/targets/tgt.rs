//! tgtd: what every target promises, and what only one that forgets has to.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use backends::target::Chap;
use ports::volume::Access;
use rustix::process::{Signal, kill_process};

use crate::promises::{Disk, PROMISES, Subject, initiator, must_refuse};
use crate::tgtd::Tgtd;

/// Why there can be no tgtd here, if there cannot.
fn missing() -> Option<&'static str> {
    let there = std::process::Command::new("tgtd")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !there {
        return Some("there is no tgtd");
    }
    (!rustix::process::geteuid().is_root()).then_some("tgtd listens to root only")
}

/// A tgtd, or none where there can be none.
pub(crate) fn tgtd() -> Option<Tgtd> {
    match missing() {
        Some(reason) => {
            skips::report(reason);
            None
        }
        None => Some(Tgtd::start()),
    }
}

#[test]
fn tgtd_keeps_every_promise() {
    let Some(tgtd) = tgtd() else { return };
    for (promise, run) in PROMISES {
        println!("{promise}");
        run(&tgtd);
    }
    assert_eq!(tgtd.target().list("").unwrap(), Vec::<String>::new());
    assert_eq!(fs::read_dir(tgtd.volumes_dir()).unwrap().count(), 0);
}

/// A disk with a secret that one initiator is let in to.
fn offered(tgtd: &Tgtd) -> Disk {
    let disk = Disk { chap: Some(Chap::random().unwrap()), ..Disk::new(tgtd) };
    tgtd.target().ensure(&disk.offer()).unwrap();
    tgtd.target().admit(&disk.offer(), &initiator("a"), Access::Write).unwrap();
    disk
}

#[test]
fn a_new_tgtd_is_told_again() {
    let Some(mut tgtd) = tgtd() else { return };
    let disk = offered(&tgtd);
    let life = tgtd.target().life().unwrap();
    assert_eq!(tgtd.target().life().unwrap(), life);
    tgtd.restart();
    assert_ne!(tgtd.target().life().unwrap(), life);
    must_refuse(disk.log_in(&tgtd, &initiator("a")));
    tgtd.target().ensure(&disk.offer()).unwrap();
    assert!(disk.log_in(&tgtd, &initiator("a")).is_ok(), "whoever was let in still is");
}

#[test]
fn the_files_restore_the_targets_and_let_in_nobody_else() {
    let Some(mut tgtd) = tgtd() else { return };
    let (disk, closed) = (offered(&tgtd), Disk::new(&tgtd));
    tgtd.target().ensure(&closed.offer()).unwrap();
    tgtd.restart();
    tgtd.restore_by_files();
    let mut session = disk.log_in(&tgtd, &initiator("a")).unwrap();
    assert_eq!(session.serial(1).unwrap(), disk.serial);
    must_refuse(disk.log_in(&tgtd, &initiator("b")));
    must_refuse(closed.log_in(&tgtd, &initiator("a")));
    let wrong = Disk { chap: Some(Chap::random().unwrap()), ..disk };
    must_refuse(wrong.log_in(&tgtd, &initiator("a")));
    // What was restored is ours as if we had made it.
    tgtd.target().remove(&wrong.name).unwrap();
    tgtd.target().remove(&closed.name).unwrap();
    assert_eq!(tgtd.target().list("").unwrap(), Vec::<String>::new());
}

#[test]
fn secrets_are_kept_from_others() {
    let Some(tgtd) = tgtd() else { return };
    let disk = offered(&tgtd);
    let file = tgtd.volumes_dir().join(format!("volume-{}", disk.serial));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(tgtd.volumes_dir().metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(disk.chap.as_ref().unwrap().expose_secret()));
}

#[test]
fn without_tgtd_nothing_is_offered_and_everything_can_be_taken_back() {
    let Some(mut tgtd) = tgtd() else {
        return;
    };
    let disk = offered(&tgtd);
    tgtd.stop();
    assert!(tgtd.target().life().is_err());
    assert!(tgtd.target().ensure(&disk.offer()).unwrap_err().may_pass());
    assert!(tgtd.target().check().unwrap_err().may_pass());
    tgtd.target().expel(&disk.name, &initiator("a")).unwrap();
    tgtd.restart();
    tgtd.target().ensure(&disk.offer()).unwrap();
    must_refuse(disk.log_in(&tgtd, &initiator("a")));
    tgtd.stop();
    tgtd.target().remove(&disk.name).unwrap();
    tgtd.restart();
    tgtd.restore_by_files();
    assert_eq!(tgtd.target().list("").unwrap(), Vec::<String>::new());
}

#[test]
fn a_tgtd_that_hangs_is_a_failure_that_may_pass() {
    let Some(tgtd) = tgtd() else { return };
    let disk = offered(&tgtd);
    kill_process(tgtd.process(), Signal::STOP).unwrap();
    let removed = tgtd.target().remove(&disk.name);
    kill_process(tgtd.process(), Signal::CONT).unwrap();
    assert!(removed.unwrap_err().may_pass());
    tgtd.target().remove(&disk.name).unwrap();
    assert_eq!(tgtd.target().list("").unwrap(), Vec::<String>::new());
}

#[test]
fn what_a_killed_process_left_is_completed() {
    let Some(tgtd) = tgtd() else { return };
    let disk = offered(&tgtd);
    let adm = |arguments: &[&str]| {
        let port = tgtd.control_port().to_string();
        let output = std::process::Command::new("tgtadm")
            .args(["-C", &port, "--lld", "iscsi"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    // The target without its unit, then with a unit that nobody described, then without its secret.
    adm(&["--op", "delete", "--mode", "logicalunit", "--tid", "1", "--lun", "1"]);
    tgtd.target().ensure(&disk.offer()).unwrap();
    adm(&["--op", "delete", "--mode", "logicalunit", "--tid", "1", "--lun", "1"]);
    adm(&[
        "--op",
        "new",
        "--mode",
        "logicalunit",
        "--tid",
        "1",
        "--lun",
        "1",
        "-b",
        disk.device.to_str().unwrap(),
    ]);
    adm(&["--op", "unbind", "--mode", "account", "--tid", "1", "--user", disk.chap.as_ref().unwrap().user()]);
    tgtd.target().ensure(&disk.offer()).unwrap();
    let mut session = disk.log_in(&tgtd, &initiator("a")).unwrap();
    assert_eq!(session.serial(1).unwrap(), disk.serial);
    // Somebody opened it to the world.
    adm(&["--op", "bind", "--mode", "target", "--tid", "1", "-I", "ALL"]);
    tgtd.target().ensure(&disk.offer()).unwrap();
    must_refuse(disk.log_in(&tgtd, &initiator("b")));
}
