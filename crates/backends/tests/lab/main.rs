//! Drivers on a real storage stack: the tests that need the lab's guest (`cargo xtask lab`) and skip themselves elsewhere.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and looks behind the product"
)]

mod by_hand;
mod group;
mod host;
#[path = "../support/initiator.rs"]
mod initiator;
mod lvm;
#[path = "../support/promises.rs"]
mod promises;
mod san;
mod targets;
#[path = "../support/tgtd.rs"]
mod tgtd;

use std::path::PathBuf;

/// The guest's scratch disk, where there is one.
fn scratch_disk() -> Option<PathBuf> {
    let disk = std::env::var_os("LAB_DISK1").map(PathBuf::from);
    if disk.is_none() {
        println!("skipped: not in the lab");
    }
    disk
}
