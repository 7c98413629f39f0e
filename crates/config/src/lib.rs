//! Reads `cinder.conf`.
//!
//! ```text
//! bytes ──syntax──▶ Document ─┐                       ┌─▶ Section: typed values, or an OptionError
//! bytes ──syntax──▶ Document ─┴─overlay──▶ Config ────┤       (substitute, value)
//!                                                     └─▶ check: every Finding, with its line
//!                             data/*.csv ──▶ Table ────▶ (names, types, defaults, old names, secrets)
//! ```
//!
//! The files mean here what they mean to oslo.config and Cinder:
//!
//! * [`syntax`] accepts what oslo.config's own ini parser accepts, and refuses what it refuses.
//! * Of several files the later one wins; in one file the last line wins, the current name of an
//!   option before its old ones.
//! * A backend is a section named in `enabled_backends`. What it leaves out is looked up in
//!   `[backend_defaults]`, then in the [`Table`]; **`[DEFAULT]` is not asked**.
//! * `$name` and `${group.name}` stand for other options; `$$` and `\$` are a dollar sign.
//!
//! Where Cinder stays silent, [`check()`] speaks: names that nobody reads, values that cannot be,
//! backends that cannot start. A secret never appears in an error, a finding or debug output.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may fail by panicking"))]

mod address;
pub mod check;
mod config;
pub mod database;
mod driver_name;
mod error;
mod section;
mod shown;
mod substitute;
pub mod syntax;
mod table;
mod transport;
mod value;

pub use crate::check::{Finding, Severity, check};
pub use crate::config::{BACKEND_DEFAULTS, Config, DEFAULT, LoadError};
pub use crate::driver_name::{DriverName, UnknownDriver};
pub use crate::error::{OptionError, Place, Shown, Why};
pub use crate::section::Section;
pub use crate::substitute::{MAX_DEPTH, MAX_REFERENCES};
pub use crate::table::{OptionSpec, OptionType, Scope, Standing, Table, table};
pub use crate::transport::{TransportError, TransportHost, TransportUrl};
pub use crate::value::{ByteCount, OptionValue, Ratio};
