//! Attaching and detaching on a host that is only played, cut off at every moment, and met by every kind of trouble.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod crypt;
mod cut_off;
mod fabric;
mod host;
mod monitor;
mod sharing;
#[path = "../support/mod.rs"]
mod support;
mod trouble;
