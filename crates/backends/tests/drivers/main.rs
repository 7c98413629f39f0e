//! The drivers of this crate, on the real thing wherever it is to be had.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(
    clippy::disallowed_methods,
    reason = "disks are mounted and files held open without the service's help"
)]

mod conformance;
mod fixture;
mod liars;
mod local;
mod mounted;
mod qemu;
