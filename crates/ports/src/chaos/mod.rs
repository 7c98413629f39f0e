//! Fault injection: numbered points at which a test makes the world fail.
//!
//! A crash test runs an operation once to learn how many points it passes, then once per point, and lets the process
//! "die" there. Dying is simulated: from that point on everything that shares the [`Faults`] fails, so nothing more
//! is written, called or answered, until a new process (with new `Faults`) takes over what is there.

mod bases;
mod driver;
mod faults;
mod images;
mod manage;
mod store;

pub use driver::Chaos;
pub use faults::{FailWith, Faults, Injected};
pub use images::ChaosImages;
pub use store::ChaosStore;

#[cfg(test)]
mod tests;
