//! An `UPDATE` of the columns that are to change, and no others.

use super::Param;
use crate::{Conn, StoreError};

/// Columns and their new values.
#[derive(Default)]
pub(crate) struct Changes<'a> {
    columns: Vec<&'static str>,
    values: Vec<Param<'a>>,
}

impl<'a> Changes<'a> {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Sets `column`, which is a word of ours and never a user's.
    pub(crate) fn set(&mut self, column: &'static str, value: impl Into<Param<'a>>) {
        self.columns.push(column);
        self.values.push(value.into());
    }

    /// Sets `column` when there is a value for it.
    pub(crate) fn set_opt(&mut self, column: &'static str, value: Option<impl Into<Param<'a>>>) {
        if let Some(value) = value {
            self.set(column, value);
        }
    }

    /// Updates the row of `table` whose `key` is `id`.
    pub(crate) fn run(
        mut self,
        conn: &Conn<'_>,
        table: &str,
        key: &str,
        id: impl Into<Param<'a>>,
    ) -> Result<(), StoreError> {
        let sets: Vec<String> = self.columns.iter().map(|column| format!("{column} = ?")).collect();
        self.values.push(id.into());
        conn.run(&format!("UPDATE {table} SET {} WHERE {key} = ?", sets.join(", ")), &self.values)?;
        Ok(())
    }
}
