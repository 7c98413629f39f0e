//! The chunked format: Cinder's own backups, ours, and damaged ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod damage;
mod golden;
mod rules;
mod sequences;
mod world;
