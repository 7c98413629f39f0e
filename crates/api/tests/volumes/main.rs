//! `/volumes` end to end: the router over a real store, without workers unless a test starts them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod actions;

mod create;
mod delete;
mod filters;
mod golden;
mod hostile;
mod list;
mod metadata;
mod near_to_server;
mod rights;
mod show;
mod workers;
