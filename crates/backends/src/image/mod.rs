//! Image stores.

pub mod file;
pub mod object;
pub mod rbd;
pub mod web;

mod named;
