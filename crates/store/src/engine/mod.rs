//! The seam between the house and the database engines.
//!
//! Above it: SQL text with `?` places, [`Param`]s and [`Columns`]. Below it: one engine, SQLite; MariaDB and
//! PostgreSQL come in here as further variants of [`Conn`], each on blocking threads like this one.

mod changes;
mod columns;
mod conn;
mod param;
pub(crate) mod sqlite;

pub(crate) use changes::Changes;
pub use columns::{Columns, FromColumn};
pub use conn::Conn;
pub use param::Param;

/// Builds the parameter list of a statement: `params![id, name, 3]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::engine::Param::from($value)),*] };
}
