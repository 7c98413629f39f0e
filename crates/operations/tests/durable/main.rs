//! Every operation, killed and broken at every point of it; races; and random histories.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod accounts;
mod accounts_of_changes;
mod crash;
mod histories;
mod keys;
mod notices;
mod policies;
mod races;
mod scenarios;
mod services;
