//! Lists: filtered, sorted, one page at a time.
//!
//! A list is described by a [`Query`] over the closed set of [`Column`]s of a table; nothing that a client wrote becomes
//! SQL text, only values. Pages are found by their place in the order ("keyset") and not by counting rows, so that the
//! thousandth page costs what the first costs:
//!
//! ```sql
//! … WHERE project_id = ? AND created_at <= ? AND (created_at < ? OR (created_at = ? AND id < ?))
//! ORDER BY created_at DESC, id DESC LIMIT ?
//! ```
//!
//! NULL comes before every value, on every engine.

pub mod attachments;
pub mod backups;
pub mod group_snapshots;
pub mod groups;
pub mod images;
pub mod messages;
pub mod qos_specs;
pub mod snapshots;
pub mod transfers;
pub mod volumes;

mod condition;
mod order;
mod statement;

use std::fmt::Display;
use std::str::FromStr;

use model::ProjectId;

use crate::engine::{Columns, Param};
use crate::{Conn, StoreError};
use statement::Statement;

pub use condition::{Comparison, Condition};
pub use order::{Cursor, Direction};

/// A column, or an expression over columns, of the table `TABLE`.
pub trait Column: Copy + PartialEq {
    /// The table.
    const TABLE: &'static str;

    /// Its SQL: a text of ours.
    fn sql(self) -> &'static str;

    /// Whether it may hold NULL.
    fn is_nullable(self) -> bool;
}

/// The columns of a table whose rows are listed as values of the model.
pub trait Listed: Column {
    /// What a row is read into.
    type Row;

    /// What identifies a row.
    type Id: FromStr + Display;

    /// What a row is read from: SQL text of ours.
    const COLUMNS: &'static str;

    /// Reads a row.
    ///
    /// # Errors
    /// A column that holds what nobody wrote.
    fn read(columns: &mut Columns<'_>) -> Result<Self::Row, StoreError>;

    /// Adds to rows what other tables hold of them.
    ///
    /// # Errors
    /// The store's own.
    fn complete(_conn: &Conn<'_>, rows: Vec<Self::Row>) -> Result<Vec<Self::Row>, StoreError> {
        Ok(rows)
    }
}

/// What to list, and in which order.
#[derive(Debug, Clone)]
pub struct Query<C> {
    /// Only this project's rows; none lists everybody's.
    pub project: Option<ProjectId>,
    /// Every one must hold.
    pub conditions: Vec<Condition<C>>,
    /// By what to sort, most significant first. The last one is unique, so that the order is total.
    pub sort: Vec<(C, Direction)>,
}

/// Which part of a list.
#[derive(Debug, Clone)]
pub struct Part {
    /// The place after which it begins; none begins with the first row.
    pub after: Option<Cursor>,
    /// Rows to leave out before it begins.
    pub offset: u64,
    /// Most rows.
    pub limit: usize,
}

impl<C: Listed> Query<C> {
    /// Hands over the rows of one part of the list, one at a time, as their own table has them.
    ///
    /// # Errors
    /// The store's own, and those of `each`.
    pub fn each(
        &self,
        conn: &Conn<'_>,
        part: &Part,
        mut each: impl FnMut(C::Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.read(conn, part, C::COLUMNS, |columns| each(C::read(columns)?))
    }

    /// The rows of one part of the list.
    ///
    /// # Errors
    /// The store's own.
    pub fn rows(&self, conn: &Conn<'_>, part: &Part) -> Result<Vec<C::Row>, StoreError> {
        let mut rows = Vec::new();
        self.each(conn, part, |row| {
            rows.push(row);
            Ok(())
        })?;
        C::complete(conn, rows)
    }

    /// The place of a row in the order. None when there is no such row, or it is not of `project`.
    ///
    /// # Errors
    /// The store's own.
    pub fn cursor(
        &self,
        conn: &Conn<'_>,
        id: &C::Id,
        project: Option<&ProjectId>,
    ) -> Result<Option<Cursor>, StoreError> {
        let keys: Vec<&str> = self.sort.iter().map(|(key, _)| key.sql()).collect();
        let mut statement = Statement::new(format!("SELECT {} FROM {}", keys.join(", "), C::TABLE));
        statement.and("id = ?", [Param::Owned(id.to_string())]);
        if let Some(project) = project {
            statement.and("project_id = ?", [Param::from(project)]);
        }
        conn.row(statement.sql(), statement.params(), |columns| Cursor::read(columns, keys.len()))
    }
}

impl<C: Column> Query<C> {
    /// How many rows there are in all parts.
    ///
    /// # Errors
    /// The store's own.
    pub fn count(&self, conn: &Conn<'_>) -> Result<u64, StoreError> {
        let mut statement = Statement::new(format!("SELECT COUNT(*) FROM {}", C::TABLE));
        self.filter(&mut statement);
        let count = conn.int(statement.sql(), statement.params())?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Hands over the rows of one part of the list, with these `columns`.
    pub(crate) fn read(
        &self,
        conn: &Conn<'_>,
        part: &Part,
        columns: &str,
        read: impl FnMut(&mut Columns<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let statement = self.select(part, columns);
        conn.each(statement.sql(), statement.params(), read)
    }

    /// Hands over the rows of `table` that belong to one part of the list: those whose `owner` is the identifier of a
    /// row of it, and of which `which` holds. One statement, however many they are.
    pub(crate) fn each_of(
        &self,
        conn: &Conn<'_>,
        part: &Part,
        (columns, table, owner): (&str, &str, &str),
        which: &str,
        read: impl FnMut(&mut Columns<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let page = self.select(part, "id AS listed_id");
        let sql = format!(
            "SELECT {columns} FROM {table} JOIN ({}) AS page ON page.listed_id = {table}.{owner} WHERE {which}",
            page.sql()
        );
        conn.each(&sql, page.params(), read)
    }

    fn select(&self, part: &Part, columns: &str) -> Statement<'_> {
        let mut statement = Statement::new(format!("SELECT {columns} FROM {}", C::TABLE));
        self.filter(&mut statement);
        if let Some(after) = &part.after {
            order::begin_after(&mut statement, &self.sort, after);
        }
        statement.push(" ORDER BY ");
        statement.push(&order::clause(&self.sort));
        statement.push(" LIMIT ?");
        statement.bind(part.limit);
        if part.offset > 0 {
            statement.push(" OFFSET ?");
            statement.bind(part.offset);
        }
        statement
    }

    fn filter<'q>(&'q self, statement: &mut Statement<'q>) {
        if let Some(project) = &self.project {
            statement.and("project_id = ?", [Param::from(project)]);
        }
        for condition in &self.conditions {
            condition.write(statement);
        }
    }
}

#[cfg(test)]
mod tests;
