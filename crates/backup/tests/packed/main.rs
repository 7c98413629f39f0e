//! Besser's own format: what comes back, what is kept once, what is taken away, and what is found to be damaged.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod account;
mod collecting;
mod damage;
mod faults;
mod keeping;
mod looking;
mod meanwhile;
mod sequences;
mod world;
