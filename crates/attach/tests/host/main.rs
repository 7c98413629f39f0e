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
use std::process::Command;

/// Runs a program that must succeed; what it printed.
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {out}{err}");
    out.into_owned()
}

/// Whether this host can do what the test needs; says what it cannot.
fn has(programs: &[&str], devices: &[&str]) -> bool {
    let skip = |why: String| {
        println!("skipped: {why}");
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
