//! The storage that volumes, images and backups live on, one directory per driver.
//!
//! A driver sees files, devices and programs; never SQL, HTTP or an operation.

pub mod backup;
pub mod compute;
pub mod http;
pub mod image;
pub mod keys;
pub mod keystone;
pub mod object;
pub mod rbd;
pub mod registry;
pub mod target;
pub mod volume;
