//! What tests need to build a whole world, break it, and look at what is left.
//!
//! A [`World`] is what survives a process: a database file and the directories of some backends. A [`Process`] is one
//! incarnation of the service over it: store, desk, verbs, workers and roles on a runtime of their own, with the
//! points of [`ports::chaos::Faults`] around every commit and every call of a driver. [`World::crash`] ends a process
//! as `kill -9` does, [`World::restart`] starts the next. [`crash`] takes a [`crash::Scenario`] through every way to
//! break it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

pub mod content;
pub mod crash;
pub mod images;
pub mod invariants;
mod kept;
mod keys;
pub mod luks;
pub mod scale;
pub mod simulation;

mod attaching;
mod backups;
mod client;
mod client_manage;
mod compute;
mod groups;
mod moves;
mod options;
mod policies;
mod process;
mod templates;
mod transfers;
mod watched;
mod watched_bases;
mod watched_manage;
mod world;

pub use attaching::{SERVER, host};
pub use backends::volume::sim::Account;
pub use backups::{from_backup, full};
pub use client::{blank, blank_of_type, from_snapshot, from_volume};
pub use compute::{Told, Word};
pub use groups::{PLAIN_GROUPS, consistency_group, plain_group};
pub use images::from_image;
pub use options::{Apart, BackendOptions, Kind, Options};
pub use policies::yearly;
pub use process::Process;
pub use watched::Watched;
pub use world::World;
