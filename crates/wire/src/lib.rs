//! The Block Storage API v3 as bytes: what requests may say and what replies look like, by microversion.
//!
//! Pure: no sockets, no SQL, no clock. Requests come in as bytes and go out as typed structs or a [`Fault`];
//! replies are borrowed views of `model` values that serialise straight into a buffer.

pub mod fault;
pub mod json;
pub mod microversion;

pub use fault::Fault;
pub use microversion::Microversion;
