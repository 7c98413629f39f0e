//! Volume drivers.

mod files;
pub mod local;
mod options;
pub mod sim;
