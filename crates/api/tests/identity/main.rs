//! The Identity API and the tokens behind it, in process.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
#![allow(unreachable_pub, reason = "one test binary")]

mod tokens;
mod world;
