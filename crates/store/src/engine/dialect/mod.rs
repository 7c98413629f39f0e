//! How the house's SQL is said to the engines that spell it otherwise.
//!
//! The house writes keywords in upper case and names in lower case, in the SQL that SQLite reads; see
//! `docs/recipes/write-sql.md`. A [`Dialect`] turns that text into its engine's, once for each text.

mod schema;
mod statement;
mod tokens;

pub(crate) use schema::Schema;
pub(crate) use statement::Statement;

/// An engine that is reached over a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// MariaDB and MySQL. The session is one with `ANSI_QUOTES`, `PIPES_AS_CONCAT` and `NO_BACKSLASH_ESCAPES`.
    MariaDb,
    /// PostgreSQL.
    PostgreSql,
}
