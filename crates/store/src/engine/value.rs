//! A value as an engine hands it over.

/// One value of one row, borrowed from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'r> {
    /// SQL NULL.
    Null,
    /// A whole number.
    Int(i64),
    /// A fraction.
    Real(f64),
    /// Text, as bytes that are UTF-8 if all is well.
    Text(&'r [u8]),
    /// Something else, which no column of ours is: so many bytes.
    Other(usize),
}

impl Value<'_> {
    /// What a log may show of it.
    pub(crate) fn shown(self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Int(value) => value.to_string(),
            Self::Real(value) => value.to_string(),
            Self::Text(bytes) => String::from_utf8_lossy(bytes).chars().take(100).collect(),
            Self::Other(length) => format!("{length} bytes"),
        }
    }
}

/// A row as an engine hands it over.
#[derive(Clone, Copy)]
pub(crate) enum Row<'r> {
    /// SQLite's.
    Sqlite(&'r rusqlite::Row<'r>),
    /// MariaDB's.
    MariaDb(&'r mysql::Row),
    /// PostgreSQL's.
    PostgreSql(&'r postgres::Row),
}

impl<'r> Row<'r> {
    /// A value by its position, or why there is none.
    pub(super) fn value(self, column: usize) -> Result<Value<'r>, String> {
        match self {
            Self::Sqlite(row) => super::sqlite::value(row, column),
            Self::MariaDb(row) => super::mariadb::value(row, column),
            Self::PostgreSql(row) => super::postgres::value(row, column),
        }
    }
}
