//! The storage that volumes live on, one directory per driver.
//!
//! A driver sees files, devices and programs; never SQL, HTTP or an operation.

pub mod registry;
pub mod volume;
