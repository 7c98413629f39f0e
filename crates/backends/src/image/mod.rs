//! Image stores.

pub mod file;
