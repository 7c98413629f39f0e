//! Volumes over the kernel's own initiator: logical volumes behind the kernel's target, open-iscsi, Fibre Channel and
//! multipath-tools, in the lab's guest (`cargo xtask lab`). Elsewhere the tests say so and are skipped.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and looks behind the product"
)]

mod fibre_channel;
mod iscsi;
mod killed;
mod storage;
#[path = "../support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::process::Command;

/// What a program printed, whether it succeeded or not.
fn printed(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The guest's second scratch disk, where there is one.
fn scratch_disk() -> Option<PathBuf> {
    let disk = std::env::var_os("LAB_DISK2").map(PathBuf::from);
    if disk.is_none() {
        println!("skipped: not in the lab");
    }
    disk
}
