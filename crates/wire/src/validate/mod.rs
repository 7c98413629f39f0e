//! What a request body must look like, in a language of its own.
//!
//! Clients and operators know the service's refusals by heart, and they come out of a Python JSON schema
//! validator: first broken rule in the order of writing, values in Python's notation. So schemas here are ordered
//! lists of rules, and the renderer of values speaks Python.

pub mod boolean;
pub(crate) mod check;
pub(crate) mod fields;
pub(crate) mod format;
pub(crate) mod pattern;
pub(crate) mod python;
pub(crate) mod schema;
pub(crate) mod shapes;

pub(crate) use fields::{Fields, drop_nulls};
pub(crate) use schema::{Rule, Schema};
