//! Volumes as block devices of this very host: iSCSI and qcow2 through qemu-storage-daemon, files through loop devices.
//! What needs root, tgtd or QEMU says so and is skipped where they are not there.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and looks behind the product"
)]

mod device;
mod files;
mod iscsi;
mod killed;
#[path = "../support/mod.rs"]
mod support;
mod tgt;

use std::path::Path;

/// Whether this host can do what the test needs; says what it cannot.
fn has(programs: &[&str], devices: &[&str]) -> bool {
    let skip = |why: String| {
        skips::report(&why);
        false
    };
    if !rustix::process::geteuid().is_root() {
        return skip("needs root".to_owned());
    }
    for program in programs {
        if !["/usr/sbin", "/usr/bin", "/sbin", "/bin"].iter().any(|dir| Path::new(dir).join(program).exists())
        {
            return skip(format!("{program} is not installed"));
        }
    }
    for device in devices {
        if !Path::new(device).exists() {
            return skip(format!("there is no {device}"));
        }
    }
    true
}
