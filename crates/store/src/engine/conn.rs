//! A connection as the table modules see it.

use model::Timestamp;

use super::server::Session;
use super::value::Row;
use super::{Columns, Param, sqlite};
use crate::StoreError;

/// A connection inside a read or a transaction.
pub struct Conn<'c> {
    inner: Inner<'c>,
}

enum Inner<'c> {
    Sqlite(&'c rusqlite::Connection, Option<Timestamp>),
    Server(&'c Session),
}

impl<'c> Conn<'c> {
    pub(crate) fn sqlite(inner: &'c rusqlite::Connection) -> Self {
        Self { inner: Inner::Sqlite(inner, None) }
    }

    /// A connection to a database whose clock stands at `now`.
    pub(crate) fn sqlite_at(inner: &'c rusqlite::Connection, now: Timestamp) -> Self {
        Self { inner: Inner::Sqlite(inner, Some(now)) }
    }

    pub(crate) fn server(inner: &'c Session) -> Self {
        Self { inner: Inner::Server(inner) }
    }

    /// The database's clock. Leases, heartbeats and every `*_at` column are by this clock and no other.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self.inner {
            Inner::Sqlite(_, now) => now.unwrap_or_else(sqlite::clock::now),
            Inner::Server(session) => session.now(),
        }
    }

    /// How far the clock of this host is ahead of the database's, in milliseconds, give or take the time that a question
    /// to the database takes; negative when it is behind. It is shown, and decides nothing.
    #[must_use]
    pub fn host_ahead_ms(&self) -> i64 {
        match self.inner {
            Inner::Sqlite(..) => 0,
            Inner::Server(session) => sqlite::clock::now().since(session.now()) / 1000,
        }
    }

    /// What a query ends with whose rows are about to be changed on what they say. Transactions behave as if they ran one
    /// after the other with it or without; with it, those that would get in each other's way wait instead of being run
    /// again. SQLite has one writer and needs no word for it.
    #[must_use]
    pub fn for_update(&self) -> &'static str {
        match self.inner {
            Inner::Sqlite(..) => "",
            Inner::Server(session) => session.for_update(),
        }
    }

    /// Runs a statement that returns no rows; answers how many rows it met: an update counts those that were already
    /// as it wants them. What an insertion with `ON CONFLICT` answers differs between engines.
    ///
    /// # Errors
    /// The engine refused it.
    pub fn run(&self, sql: &str, params: &[Param<'_>]) -> Result<usize, StoreError> {
        match self.inner {
            Inner::Sqlite(conn, _) => {
                let mut statement = conn.prepare_cached(sql).map_err(|error| sqlite::refused(sql, error))?;
                statement
                    .execute(rusqlite::params_from_iter(params))
                    .map_err(|error| sqlite::refused(sql, error))
            }
            Inner::Server(session) => session.run(sql, params),
        }
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
        match self.inner {
            Inner::Sqlite(conn, _) => {
                let refused = |error| sqlite::refused(sql, error);
                let mut statement = conn.prepare_cached(sql).map_err(refused)?;
                let mut rows = statement.query(rusqlite::params_from_iter(params)).map_err(refused)?;
                while let Some(row) = rows.next().map_err(refused)? {
                    read(&mut Columns::of(Row::Sqlite(row)))?;
                }
                Ok(())
            }
            Inner::Server(session) => session.each(sql, params, &mut read),
        }
    }

    /// Runs a query of at most one row: of several, the first counts.
    ///
    /// # Errors
    /// The engine refused it, or `read` could not read the row.
    pub fn row<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        read: impl FnOnce(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        match self.inner {
            Inner::Sqlite(conn, _) => {
                let refused = |error| sqlite::refused(sql, error);
                let mut statement = conn.prepare_cached(sql).map_err(refused)?;
                let mut rows = statement.query(rusqlite::params_from_iter(params)).map_err(refused)?;
                match rows.next().map_err(refused)? {
                    None => Ok(None),
                    Some(row) => read(&mut Columns::of(Row::Sqlite(row))).map(Some),
                }
            }
            Inner::Server(session) => {
                let (mut read, mut found) = (Some(read), None);
                session.each(sql, params, &mut |columns| {
                    if let Some(read) = read.take() {
                        found = Some(read(columns)?);
                    }
                    Ok(())
                })?;
                Ok(found)
            }
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
