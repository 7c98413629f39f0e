//! What a connection to an engine can do.

use std::error::Error;

use model::Timestamp;

use super::Purpose;
use crate::StoreError;
use crate::engine::value::Row;
use crate::engine::{Columns, Param};

/// A connection.
pub(crate) trait Driver {
    /// Runs a statement without rows; how many it met.
    fn run(&mut self, sql: &str, params: &[Param<'_>]) -> Result<usize, Fault>;
    /// Runs a query.
    fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Rows, Fault>;
    /// Runs a statement of the engine's own words.
    fn plain(&mut self, sql: &str) -> Result<(), Fault>;
    /// Begins a transaction. A connection that was lost in its idleness is found out here.
    fn begin(&mut self, purpose: Purpose) -> Result<(), Fault>;
    /// Asks what time it is.
    fn now(&mut self) -> Result<Timestamp, Fault>;
    /// Whether a transaction goes on after a statement that was refused.
    fn outlives_errors(&self) -> bool;
}

/// The rows of a query. They are all there: who reads them may ask something else meanwhile.
pub(crate) enum Rows {
    /// MariaDB's.
    MariaDb(Vec<mysql::Row>),
    /// PostgreSQL's.
    PostgreSql(Vec<postgres::Row>),
}

impl Rows {
    /// Hands over every row.
    pub(crate) fn each(
        &self,
        read: &mut dyn FnMut(&mut Columns<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        match self {
            Self::MariaDb(rows) => rows.iter().try_for_each(|row| read(&mut Columns::of(Row::MariaDb(row)))),
            Self::PostgreSql(rows) => {
                rows.iter().try_for_each(|row| read(&mut Columns::of(Row::PostgreSql(row))))
            }
        }
    }
}

/// Why a connection could not do what it was asked.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The transaction got in the way of another, and is to be run again.
    Conflict(Box<dyn Error + Send + Sync>),
    /// The connection is gone.
    Lost(Box<dyn Error + Send + Sync>),
    /// A unique key exists already: an error like any other that the engine refuses a statement with.
    Duplicate(String),
    /// A unique key exists already, and the engine was told that this is no error: the transaction goes on everywhere.
    Taken(String),
    /// The engine does not do this, now or later.
    Refused(Box<dyn Error + Send + Sync>),
}

impl Fault {
    /// The same, to be told twice.
    pub(crate) fn copy(&self) -> Self {
        match self {
            Self::Conflict(error) => Self::Conflict(error.to_string().into()),
            Self::Lost(error) => Self::Lost(error.to_string().into()),
            Self::Refused(error) => Self::Refused(error.to_string().into()),
            Self::Duplicate(key) => Self::Duplicate(key.clone()),
            Self::Taken(key) => Self::Taken(key.clone()),
        }
    }

    /// As the failure of something that is no statement.
    pub(crate) fn of(self, context: &str) -> StoreError {
        let source = match self {
            Self::Conflict(error) | Self::Lost(error) | Self::Refused(error) => error,
            Self::Duplicate(key) | Self::Taken(key) => key.into(),
        };
        StoreError::Engine { context: context.to_owned(), source }
    }

    /// As the failure of a statement.
    pub(crate) fn of_statement(self, sql: &str) -> StoreError {
        match self {
            Self::Conflict(error) | Self::Lost(error) | Self::Refused(error) => {
                StoreError::of_statement(sql, error)
            }
            Self::Duplicate(key) | Self::Taken(key) => StoreError::Duplicate(key),
        }
    }
}
