//! Stores of backups, one directory each.

pub mod posix;
pub mod registry;
pub mod share;
