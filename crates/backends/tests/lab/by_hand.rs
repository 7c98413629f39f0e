//! Targets that an administrator makes with `besser target`, as with cinder-rtstool: offered with a secret, to some; looked
//! at, saved, restored by rtslib, and gone.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::group::{self, Group, run};
use crate::initiator::Session;
use crate::scratch_disk;

const TARGET: &str = "iqn.2010-10.org.example:by-hand";
const USER: &str = "somebody";
const SECRET: &str = "secret-of-most-1";
const OTHER_SECRET: &str = "secret-of-one-22";
const FIRST: &str = "iqn.1993-08.org.example:first";
const SECOND: &str = "iqn.1993-08.org.example:second";
const THIRD: &str = "iqn.1993-08.org.example:third";

/// Runs `besser target` with these words, and something to read.
fn ask(words: &[&str], input: &str) -> Output {
    let mut command = Command::new(std::env::var_os("BESSER_BIN").unwrap());
    command.arg("target").args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who reads nothing may be done before it is written.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// What it printed, which has no secret.
#[track_caller]
fn target(words: &[&str], input: &str) -> String {
    let output = ask(words, input);
    let said = String::from_utf8_lossy(&[output.stdout.clone(), output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{words:?}: {said}");
    assert!(!said.contains(SECRET) && !said.contains(OTHER_SECRET), "{words:?}: {said}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn gets_in(initiator: &str, secret: &str) -> bool {
    let portal = SocketAddr::from((Ipv4Addr::LOCALHOST, 3260));
    Session::login(portal, TARGET, initiator, Some((USER, secret))).is_ok()
}

#[test]
fn a_target_made_by_hand_lets_in_whom_it_is_told_to() {
    let Some(disk) = scratch_disk() else { return };
    let (_group, dir) = (Group::new(&disk), TempDir::new().unwrap());
    run(
        "lvcreate",
        &["--yes", "--quiet", "--wipesignatures", "n", "--size", "64m", "--name", "unit", group::NAME],
    );
    let device = format!("/dev/{}/unit", group::NAME);

    // With a secret and nobody yet; whoever comes has to know it.
    target(&["create", "--chap-user", USER, &device, TARGET], SECRET);
    assert_eq!(target(&["list"], ""), format!("{TARGET}  {device}  -"));
    assert!(!gets_in(FIRST, SECRET));
    target(&["add-initiator", TARGET, FIRST], "");
    target(&["add-initiator", TARGET, SECOND], "");
    // Or one of his own.
    target(&["add-initiator", "--chap-user", USER, TARGET, THIRD], OTHER_SECRET);
    let who_is_in = || {
        [(FIRST, SECRET), (SECOND, SECRET), (THIRD, OTHER_SECRET)].map(|(name, secret)| gets_in(name, secret))
    };
    assert_eq!(who_is_in(), [true; 3]);
    assert!(!gets_in(FIRST, OTHER_SECRET) && !gets_in(THIRD, SECRET));
    target(&["delete-initiator", TARGET, SECOND], "");
    target(&["delete-initiator", TARGET, SECOND], "");
    assert_eq!(who_is_in(), [true, false, true]);
    assert_eq!(target(&["list", "--prefix", "iqn.2010"], ""), format!("{TARGET}  {device}  {FIRST},{THIRD}"));
    assert_eq!(target(&["list", "--prefix", "iqn.2011"], ""), "");

    // A file of its own, and the one that a reboot reads.
    let file = dir.path().join("saved.json").display().to_string();
    for words in [&["save", &file][..], &["save"]] {
        assert_eq!(target(words, ""), "1 targets are offered again after a restart");
        run("targetctl", &["clear"]);
        assert_eq!(target(&["list"], ""), "");
        run("targetctl", &[&["restore"], &words[1..]].concat());
        assert_eq!(who_is_in(), [true, false, true], "{words:?}");
    }
    assert_eq!(target(&["verify"], ""), "1 targets, 0 of them bad");

    let nobody = ask(&["add-initiator", "iqn.2010-10.org.example:nobody", FIRST], "");
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("there is no target"), "{nobody:?}");
    for _ in 0..2 {
        target(&["delete", TARGET], "");
    }
    assert_eq!(target(&["list"], ""), "");
    assert_eq!(who_is_in(), [false; 3]);
}
