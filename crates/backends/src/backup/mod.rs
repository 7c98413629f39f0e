//! Stores of backups, one directory each.

pub mod posix;
pub mod registry;
pub mod s3;
pub mod share;
pub mod swift;

mod remote;
