//! The worker: how it claims, carries on, gives back and gives up.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod abandoning;
mod bench;
mod carrying;
mod claiming;
mod stopping;
mod trouble;
