//! The order of a list, and places in it.

use super::Column;
use super::statement::Statement;
use crate::StoreError;
use crate::engine::{Columns, Param};

/// Which way to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first, NULL before all.
    Asc,
    /// Largest first, NULL after all.
    Desc,
}

impl Direction {
    const fn sql(self) -> &'static str {
        match self {
            Self::Asc => "ASC",
            Self::Desc => "DESC",
        }
    }
}

/// A place in the order: the values that a row has in the columns of the order.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor(Vec<Param<'static>>);

impl Cursor {
    pub(super) fn read(columns: &mut Columns<'_>, count: usize) -> Result<Self, StoreError> {
        (0..count).map(|_| columns.take()).collect::<Result<_, _>>().map(Self)
    }
}

/// What stands after `ORDER BY`. Engines differ in where they put NULL, so a column that may hold it is sorted by
/// that first.
pub(super) fn clause<C: Column>(sort: &[(C, Direction)]) -> String {
    let keys: Vec<String> = sort
        .iter()
        .map(|(key, direction)| {
            let (column, direction) = (key.sql(), direction.sql());
            if key.is_nullable() {
                format!("CASE WHEN {column} IS NULL THEN 0 ELSE 1 END {direction}, {column} {direction}")
            } else {
                format!("{column} {direction}")
            }
        })
        .collect();
    keys.join(", ")
}

/// Restricts to the rows behind a place: those that are behind it by the first column, or level with it there and
/// behind it by the second, and so on. That the first column is not before it follows from this, but said by itself
/// it is what an index can be entered with.
pub(super) fn begin_after<C: Column>(statement: &mut Statement<'_>, sort: &[(C, Direction)], after: &Cursor) {
    let place: Vec<(C, Direction, &Param<'static>)> =
        sort.iter().zip(&after.0).map(|((key, direction), value)| (*key, *direction, value)).collect();
    if let Some((key, direction, value)) = place.first().filter(|(key, ..)| !key.is_nullable()) {
        let bound = match direction {
            Direction::Asc => ">=",
            Direction::Desc => "<=",
        };
        statement.and(&format!("{} {bound} ?", key.sql()), [(*value).clone()]);
    }
    let mut any = Vec::new();
    let mut values = Vec::new();
    for (index, (key, direction, value)) in place.iter().enumerate() {
        let Some((behind, value)) = behind(*key, *direction, value) else { continue };
        let mut all: Vec<String> = Vec::with_capacity(index + 1);
        for (earlier, _, level) in &place[..index] {
            all.push(match level {
                Param::Null => format!("{} IS NULL", earlier.sql()),
                level => {
                    values.push((*level).clone());
                    format!("{} = ?", earlier.sql())
                }
            });
        }
        all.push(behind);
        values.extend(value);
        any.push(format!("({})", all.join(" AND ")));
    }
    let sql = if any.is_empty() { "1 = 0".to_owned() } else { format!("({})", any.join(" OR ")) };
    statement.and(&sql, values);
}

/// The condition that a row is behind `value` by this column alone; none when no row can be.
fn behind<C: Column>(
    key: C,
    direction: Direction,
    value: &Param<'static>,
) -> Option<(String, Option<Param<'static>>)> {
    let column = key.sql();
    match (direction, value) {
        (Direction::Asc, Param::Null) => Some((format!("{column} IS NOT NULL"), None)),
        (Direction::Desc, Param::Null) => None,
        (Direction::Asc, value) => Some((format!("{column} > ?"), Some(value.clone()))),
        (Direction::Desc, value) if key.is_nullable() => {
            Some((format!("({column} < ? OR {column} IS NULL)"), Some(value.clone())))
        }
        (Direction::Desc, value) => Some((format!("{column} < ?"), Some(value.clone()))),
    }
}
