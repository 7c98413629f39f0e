//! Stores of backups, one directory each.

pub mod ceph;
pub mod posix;
pub mod registry;
pub mod share;
