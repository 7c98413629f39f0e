//! Volume drivers.

mod files;
pub mod local;
pub mod lvm;
mod options;
pub mod sim;
