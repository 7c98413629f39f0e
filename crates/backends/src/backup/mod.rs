//! Stores of backups, one directory each.

pub mod posix;
pub mod registry;
