//! Disks that go into running virtual machines and out again: real QEMU, a real guest, real storage.
//!
//! `cargo xtask test` makes what is needed (`lab/machine.sh`); where it could not, these tests skip themselves and say so.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may panic, and run the programs that they test against"
)]

mod agent;
mod apart;
mod crashes;
mod guest;
mod libvirt;
mod limits;
mod places;
mod releasing;
mod shares;
mod sharing;
#[path = "../support/mod.rs"]
mod support;
mod target;
