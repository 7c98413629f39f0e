//! The seam between the house and the database engines.
//!
//! Above it: SQL text with `?` places, [`Param`]s and [`Columns`]. Below it: SQLite, which is a file of this process
//! ([`sqlite`]), and the engines that are reached over a network ([`server`]): MariaDB and PostgreSQL, each with a
//! driver, and a [`dialect`] that says the house's SQL in its words.

mod changes;
mod columns;
mod conn;
pub(crate) mod dialect;
mod mariadb;
mod param;
mod postgres;
pub(crate) mod server;
pub(crate) mod sqlite;
mod value;

pub(crate) use changes::Changes;
pub use columns::{Columns, FromColumn};
pub use conn::Conn;
pub use dialect::Dialect;
pub use param::Param;
pub(crate) use param::places;
pub use server::{Server, Tls, Verify};

/// Builds the parameter list of a statement: `params![id, name, 3]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::engine::Param::from($value)),*] };
}
