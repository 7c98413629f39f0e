//! Volume drivers.

mod files;
pub mod local;
pub mod lvm;
mod options;
mod pace;
pub mod sim;
