//! Image stores.

pub mod file;
pub mod object;
pub mod web;
