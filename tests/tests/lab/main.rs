//! The whole way of a volume, through the service and the agent, on a real storage stack: the tests that need the lab's
//! guest (`cargo xtask lab`) and skip themselves elsewhere.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may panic, and plays the administrator of the host"
)]

mod busy;
mod compared;
mod encrypted;
mod host;
mod killed;
mod network;
mod residue;
mod san;
mod slow;
mod storage;
mod story;
mod tgtd;
mod world;

use std::path::Path;
use std::process::Command;

/// Runs a program that must succeed; what it printed.
#[track_caller]
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {out}{err}");
    out.into_owned()
}

/// What a program printed, whether it succeeded or not.
fn printed(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Whether to take the time for what the suite leaves out.
fn is_thorough() -> bool {
    std::env::var_os("BESSER_TEST_THOROUGH").is_some()
}

/// The hash of a file's content.
fn hash(file: &Path) -> String {
    run("sha256sum", &[file.to_str().unwrap()]).split(' ').next().unwrap().to_owned()
}
