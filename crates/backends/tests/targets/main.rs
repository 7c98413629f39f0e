//! Targets of this crate that need no kernel of their own, looked at by an initiator.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "a test starts the daemon that the product speaks to")]

mod files;
#[path = "../support/initiator.rs"]
mod initiator;
#[path = "../support/promises.rs"]
mod promises;
mod tgt;
#[path = "../support/tgtd.rs"]
mod tgtd;
