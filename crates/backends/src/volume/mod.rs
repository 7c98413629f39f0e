//! Volume drivers.

mod files;
pub mod local;
pub mod sim;
