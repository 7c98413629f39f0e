//! Image stores.

pub mod file;

pub mod web;
