//! The scheduler's behaviour, fact by fact, through the crate's public face.
#![allow(missing_docs, reason = "a test is described by its name")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod capacity;
mod choosing;
mod evaluator;
mod explanations;
mod filters;
mod functions;
mod policy;
mod properties;
mod query;
mod reports;
mod specs;
mod support;
mod weighers;
