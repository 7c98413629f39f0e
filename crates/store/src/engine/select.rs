//! A `SELECT` whose conditions and order the caller puts together out of closed sets.

use super::{Columns, Param};
use crate::page::{Direction, Page, SortKey};
use crate::{Conn, StoreError};

/// Rows of one table with an `id` column that meet all conditions.
pub(crate) struct Select<'a> {
    table: &'static str,
    conditions: Vec<String>,
    values: Vec<Param<'a>>,
}

impl<'a> Select<'a> {
    /// Every row of `table`.
    pub(crate) fn from(table: &'static str) -> Self {
        Self { table, conditions: Vec::new(), values: Vec::new() }
    }

    /// Only rows that meet `condition` as well. Its text is ours and never a user's; its `?`s are `values`.
    pub(crate) fn and(&mut self, condition: impl Into<String>, values: impl IntoIterator<Item = Param<'a>>) {
        self.conditions.push(condition.into());
        self.values.extend(values);
    }

    /// Only rows whose `column` contains `part`; case does not matter for ASCII letters.
    pub(crate) fn and_contains(&mut self, column: &'static str, part: &str) {
        let escaped = part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        self.and(format!("{column} LIKE ? ESCAPE '\\'"), [Param::Owned(format!("%{escaped}%"))]);
    }

    /// How many rows there are.
    pub(crate) fn count(&self, conn: &Conn<'_>) -> Result<i64, StoreError> {
        conn.int(&format!("SELECT COUNT(*) FROM {}{}", self.table, self.filter()), &self.values)
    }

    /// The rows of one page, read from `columns`.
    pub(crate) fn page<K: SortKey, T>(
        mut self,
        conn: &Conn<'_>,
        columns: &str,
        page: &'a Page<K>,
        read: impl FnMut(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        if let Some(marker) = &page.marker {
            self.and_behind(&page.sort, marker);
        }
        let order: Vec<String> =
            page.sort.iter().map(|(key, way)| format!("{} {}", key.sql(), word(*way))).collect();
        let sql = format!(
            "SELECT {columns} FROM {}{} ORDER BY {} LIMIT ? OFFSET ?",
            self.table,
            self.filter(),
            order.join(", ")
        );
        self.values.extend([page.limit.into(), page.offset.into()]);
        conn.rows(&sql, &self.values, read)
    }

    fn filter(&self) -> String {
        if self.conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", self.conditions.join(" AND "))
        }
    }

    /// Only rows behind the row `marker` in this order: those that differ from it in some key for the first time, and
    /// there in the order's direction. The condition on the first key alone says nothing new, but lets every engine
    /// begin at the right place of an index.
    fn and_behind<K: SortKey>(&mut self, sort: &[(K, Direction)], marker: &'a str) {
        let of_marker = |key: K| format!("(SELECT {} FROM {} WHERE id = ?)", key.sql(), self.table);
        let equal = |key: K| format!("{} = {}", key.sql(), of_marker(key));
        let behind = |(key, way): (K, Direction), or_equal: &str| {
            let sign = if way == Direction::Asc { '>' } else { '<' };
            format!("{} {sign}{or_equal} {}", key.sql(), of_marker(key))
        };
        let Some(first) = sort.first() else { return };
        let alternatives: Vec<String> = (0..sort.len())
            .map(|differs| {
                let mut parts: Vec<String> = sort[..differs].iter().map(|(key, _)| equal(*key)).collect();
                parts.push(behind(sort[differs], ""));
                format!("({})", parts.join(" AND "))
            })
            .collect();
        let condition = format!("{} AND ({})", behind(*first, "="), alternatives.join(" OR "));
        let places = condition.matches('?').count();
        self.and(condition, std::iter::repeat_n(Param::Text(marker), places));
    }
}

fn word(way: Direction) -> &'static str {
    match way {
        Direction::Asc => "ASC",
        Direction::Desc => "DESC",
    }
}
