//! The Image API over a temporary store and real files.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod cached;
mod data;
mod definitions;
mod limits;
mod lists;
mod locations;
mod members;
mod records;
mod routes;
mod world;
