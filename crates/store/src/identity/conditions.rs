//! A list of the rows that are like this.

use model::words::UnknownWord;

use crate::engine::{Columns, Param};
use crate::{Conn, StoreError};

/// What the rows of a list have in common: columns and their values.
#[derive(Default)]
pub(super) struct Conditions<'a> {
    clauses: Vec<String>,
    values: Vec<Param<'a>>,
}

impl<'a> Conditions<'a> {
    /// Only rows in which `column` (a word of ours, never a user's) has this value; all, when there is none.
    pub(super) fn is(self, column: &'static str, value: Option<impl Into<Param<'a>>>) -> Self {
        self.holds(&format!("{column} = ?"), value)
    }

    /// Only rows of which `clause` (words of ours with one question mark, never a user's) holds with this value; all,
    /// when there is none.
    pub(super) fn holds(mut self, clause: &str, value: Option<impl Into<Param<'a>>>) -> Self {
        if let Some(value) = value {
            self.clauses.push(clause.to_owned());
            self.values.push(value.into());
        }
        self
    }

    /// The rows, in the order of their ids.
    pub(super) fn rows<T>(
        &self,
        conn: &Conn<'_>,
        columns: &str,
        table: &str,
        read: impl FnMut(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.ordered(conn, columns, table, "id", read)
    }

    /// The rows, in the order of some columns.
    pub(super) fn ordered<T>(
        &self,
        conn: &Conn<'_>,
        columns: &str,
        table: &str,
        order: &str,
        read: impl FnMut(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let filter = match self.clauses.join(" AND ") {
            all if all.is_empty() => all,
            some => format!(" WHERE {some}"),
        };
        conn.rows(&format!("SELECT {columns} FROM {table}{filter} ORDER BY {order}"), &self.values, read)
    }
}

/// The next column, which holds a word of an enumeration.
pub(super) fn take_word<T>(columns: &mut Columns<'_>) -> Result<T, StoreError>
where
    T: std::str::FromStr<Err = UnknownWord>,
{
    let word: String = columns.take()?;
    word.parse().map_err(|error: UnknownWord| StoreError::Engine {
        context: "reading the identity".to_owned(),
        source: Box::new(error),
    })
}
