//! Conditions on rows.

use model::limits::{MAX_METADATA_PAIRS, MAX_NAME_CHARS};
use model::{Metadata, Timestamp};

use super::Column;
use super::statement::Statement;
use crate::engine::{Param, places};

/// A condition on a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition<C> {
    /// The column holds one of these; [`Param::Null`] stands for NULL.
    In(C, Vec<Param<'static>>),
    /// The column holds something else than this, and not NULL.
    IsNot(C, Param<'static>),
    /// The text contains this.
    Contains(C, String),
    /// The metadata in this column have all of these pairs.
    Pairs(C, Vec<(String, String)>),
    /// The `host@backend#pool` in this column is this one, or lies within it.
    Within(C, String),
    /// One of these comparisons with a time holds.
    Time(C, Vec<(Comparison, Timestamp)>),
    /// No row.
    Never,
}

/// How a time is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Later.
    After,
    /// Not earlier.
    From,
    /// At that time.
    At,
    /// At another time.
    NotAt,
    /// Earlier.
    Before,
    /// Not later.
    Until,
}

impl Comparison {
    const fn sql(self) -> &'static str {
        match self {
            Self::After => ">",
            Self::From => ">=",
            Self::At => "=",
            Self::NotAt => "<>",
            Self::Before => "<",
            Self::Until => "<=",
        }
    }
}

impl<C: Column> Condition<C> {
    pub(super) fn write<'q>(&'q self, statement: &mut Statement<'q>) {
        match self {
            Self::In(column, values) => write_in(statement, column.sql(), values),
            Self::IsNot(column, value) => {
                statement.and(&format!("{} <> ?", column.sql()), [value.clone()]);
            }
            // Engines refuse patterns that are too long, and nothing is as long as this.
            Self::Contains(_, part) if part.chars().count() > MAX_NAME_CHARS => statement.and("1 = 0", []),
            Self::Contains(column, part) => {
                let sql = format!("{} LIKE ? ESCAPE '!'", column.sql());
                statement.and(&sql, [Param::Owned(contains_pattern(part))]);
            }
            Self::Pairs(_, pairs) if pairs.len() > MAX_METADATA_PAIRS => statement.and("1 = 0", []),
            Self::Pairs(column, pairs) => write_pairs(statement, column.sql(), pairs),
            Self::Within(column, name) => write_within(statement, column.sql(), name),
            Self::Time(column, comparisons) => write_time(statement, column.sql(), comparisons),
            Self::Never => statement.and("1 = 0", []),
        }
    }
}

/// REPLACE is the one function by which all engines look for a text with its case.
fn write_pairs<'q>(statement: &mut Statement<'q>, column: &str, pairs: &'q [(String, String)]) {
    if pairs.is_empty() {
        return;
    }
    let has_pair = format!("REPLACE({column}, ?, '') <> {column}");
    let all = vec![has_pair; pairs.len()].join(" AND ");
    let needles = pairs.iter().map(|(key, value)| Param::Owned(Metadata::needle(key, value)));
    statement.and(&format!("({all})"), needles);
}

fn write_in<'q>(statement: &mut Statement<'q>, column: &str, values: &'q [Param<'static>]) {
    let (nulls, values): (Vec<_>, Vec<_>) = values.iter().partition(|value| **value == Param::Null);
    let mut any = Vec::new();
    match values.len() {
        0 => {}
        1 => any.push(format!("{column} = ?")),
        count => any.push(format!("{column} IN ({})", places(count))),
    }
    if !nulls.is_empty() {
        any.push(format!("{column} IS NULL"));
    }
    write_any(statement, &any, values.into_iter().cloned());
}

/// A pool is only itself; a backend is itself and its pools; a host is itself and its backends.
fn write_within<'q>(statement: &mut Statement<'q>, column: &str, name: &'q str) {
    let inner = match (name.contains('#'), name.contains('@')) {
        (true, _) => return statement.and(&format!("{column} = ?"), [Param::from(name)]),
        (false, true) => format!("{name}#"),
        (false, false) => format!("{name}@"),
    };
    let any = [format!("{column} = ?"), format!("SUBSTR({column}, 1, ?) = ?")];
    let length = inner.chars().count();
    write_any(statement, &any, [Param::from(name), Param::from(length), Param::Owned(inner)]);
}

fn write_time<'q>(statement: &mut Statement<'q>, column: &str, comparisons: &'q [(Comparison, Timestamp)]) {
    let any: Vec<String> =
        comparisons.iter().map(|(comparison, _)| format!("{column} {} ?", comparison.sql())).collect();
    write_any(statement, &any, comparisons.iter().map(|(_, at)| Param::from(*at)));
}

/// At least one of `any`; none of nothing.
fn write_any<'q>(statement: &mut Statement<'q>, any: &[String], values: impl IntoIterator<Item = Param<'q>>) {
    match any {
        [] => statement.and("1 = 0", []),
        [one] => statement.and(one, values),
        several => statement.and(&format!("({})", several.join(" OR ")), values),
    }
}

/// The pattern of texts that contain `part`, for `LIKE … ESCAPE '!'`.
fn contains_pattern(part: &str) -> String {
    let mut pattern = String::with_capacity(part.len() + 2);
    pattern.push('%');
    for character in part.chars() {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}
