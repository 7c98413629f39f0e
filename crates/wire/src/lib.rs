//! The Block Storage API v3, and the Image API v2 ([`image`]), as bytes: what requests may say and what replies look like, by microversion.
//!
//! Pure: no sockets, no SQL, no clock. Requests come in as bytes and go out as typed structs or a [`Fault`];
//! replies are borrowed views of `model` values that serialise straight into a buffer.
//!
//! A resource has at most one file in each of [`request`], [`query`] and [`view`]; a new one needs nothing else here.
//! [`microversion::gate`] names what each revision brought. The refusals and replies are compared, word for word, with
//! recordings of the service that they stand in for (`tests/golden`).

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking"))]

pub mod fault;
pub mod image;
pub mod json;
pub mod links;
pub mod microversion;
pub mod query;
pub mod request;
pub mod validate;
pub mod view;

pub use fault::Fault;
pub use microversion::Microversion;
