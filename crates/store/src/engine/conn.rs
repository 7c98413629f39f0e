//! A connection as the table modules see it.

use model::Timestamp;

use super::sqlite::clock;
use super::{Columns, Param};
use crate::StoreError;

/// A connection inside a read or a transaction.
pub struct Conn<'c> {
    inner: &'c rusqlite::Connection,
}

impl<'c> Conn<'c> {
    pub(crate) fn sqlite(inner: &'c rusqlite::Connection) -> Self {
        Self { inner }
    }

    /// The database's clock. Leases, heartbeats and every `*_at` column are by this clock and no other.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        clock::now()
    }

    /// Runs a statement that returns no rows; answers how many rows it changed.
    ///
    /// # Errors
    /// The engine refused it.
    pub fn run(&self, sql: &str, params: &[Param<'_>]) -> Result<usize, StoreError> {
        let mut statement = self.inner.prepare_cached(sql).map_err(|error| engine(sql, error))?;
        statement.execute(rusqlite::params_from_iter(params)).map_err(|error| engine(sql, error))
    }

    /// Runs a query and reads every row.
    ///
    /// # Errors
    /// The engine refused it, or `read` could not read a row.
    pub fn rows<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        mut read: impl FnMut(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        self.each(sql, params, |columns| {
            found.push(read(columns)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Runs a query and hands over every row, one at a time.
    ///
    /// # Errors
    /// The engine refused it, or `read` could not read a row.
    pub fn each(
        &self,
        sql: &str,
        params: &[Param<'_>],
        mut read: impl FnMut(&mut Columns<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = self.inner.prepare_cached(sql).map_err(|error| engine(sql, error))?;
        let mut rows =
            statement.query(rusqlite::params_from_iter(params)).map_err(|error| engine(sql, error))?;
        while let Some(row) = rows.next().map_err(|error| engine(sql, error))? {
            read(&mut Columns::of(row))?;
        }
        Ok(())
    }

    /// Runs a query of at most one row.
    ///
    /// # Errors
    /// The engine refused it, or `read` could not read the row.
    pub fn row<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        read: impl FnOnce(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.inner.prepare_cached(sql).map_err(|error| engine(sql, error))?;
        let mut rows =
            statement.query(rusqlite::params_from_iter(params)).map_err(|error| engine(sql, error))?;
        match rows.next().map_err(|error| engine(sql, error))? {
            None => Ok(None),
            Some(row) => read(&mut Columns::of(row)).map(Some),
        }
    }

    /// The single whole number that a query such as `SELECT COUNT(*)` answers; 0 when it answers none.
    ///
    /// # Errors
    /// The engine refused it.
    pub fn int(&self, sql: &str, params: &[Param<'_>]) -> Result<i64, StoreError> {
        self.row(sql, params, |columns| columns.take::<Option<i64>>())
            .map(|found| found.flatten().unwrap_or(0))
    }

    /// Whether a query answers at least one row.
    ///
    /// # Errors
    /// The engine refused it.
    pub fn exists(&self, sql: &str, params: &[Param<'_>]) -> Result<bool, StoreError> {
        self.row(sql, params, |_| Ok(())).map(|found| found.is_some())
    }
}

impl rusqlite::ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Owned(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

fn engine(sql: &str, error: rusqlite::Error) -> StoreError {
    if let rusqlite::Error::SqliteFailure(failure, message) = &error
        && failure.code == rusqlite::ErrorCode::ConstraintViolation
        && matches!(
            failure.extended_code,
            rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        )
    {
        return StoreError::Duplicate(message.clone().unwrap_or_default());
    }
    let verb: String = sql.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
    StoreError::Engine { context: format!("{verb} …"), source: Box::new(error) }
}
