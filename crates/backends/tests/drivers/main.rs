//! The drivers of this crate, on the real thing wherever it is to be had.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod conformance;
mod fixture;
mod liars;
mod local;
mod mounted;
mod qemu;
