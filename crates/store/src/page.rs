//! Pages of sorted lists.

/// Which way to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each names itself")]
pub enum Direction {
    Asc,
    Desc,
}

/// A part of a sorted list. It begins behind a row and not at a number of rows, so that a page costs what it shows,
/// however far in the list it is, and rows that come or go meanwhile shift nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<K> {
    /// By what to sort, most significant first; must end with a unique key, so that the order is total.
    pub sort: Vec<(K, Direction)>,
    /// Identifier of the row behind which the page begins. A row that is not there has nothing behind it.
    pub marker: Option<String>,
    /// Most rows.
    pub limit: usize,
    /// Rows to leave out before it begins.
    pub offset: u64,
}

/// A closed set of keys by which the rows of a table can be sorted.
pub trait SortKey: Copy {
    /// The SQL expression to sort by. It is never NULL: engines disagree on where those go.
    fn sql(self) -> &'static str;
}
