//! Taking over what lies on a backend, and letting go: both names of each route.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod lists;
mod refusals;
mod snapshots;
mod volumes;
