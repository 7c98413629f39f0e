//! SQL text and its values, growing together.

use crate::engine::Param;

/// A statement under construction.
pub(super) struct Statement<'a> {
    sql: String,
    params: Vec<Param<'a>>,
    filtered: bool,
}

impl<'a> Statement<'a> {
    /// A statement that begins with `sql` and has no `WHERE` yet.
    pub(super) fn new(sql: String) -> Self {
        Self { sql, params: Vec::new(), filtered: false }
    }

    /// Adds a condition with its values.
    pub(super) fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Param<'a>>) {
        self.push(if self.filtered { " AND " } else { " WHERE " });
        self.filtered = true;
        self.push(condition);
        self.params.extend(values);
    }

    /// Adds text of ours.
    pub(super) fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    /// Adds the value of a `?`.
    pub(super) fn bind(&mut self, value: impl Into<Param<'a>>) {
        self.params.push(value.into());
    }

    pub(super) fn sql(&self) -> &str {
        &self.sql
    }

    pub(super) fn params(&self) -> &[Param<'a>] {
        &self.params
    }
}
