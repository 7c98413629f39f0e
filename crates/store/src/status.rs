//! A status is set only where it is one of those that may become it: the guard of every state machine, in one statement.

use crate::engine::{Param, places};
use crate::{Conn, StoreError};

/// Sets the status of a row of `table`, which is a word of ours, if it is one of `from`; false when it is not, or the row
/// is gone.
pub(crate) fn set_from<'a, S: Copy + Into<Param<'a>>>(
    conn: &Conn<'_>,
    table: &'static str,
    id: impl Into<Param<'a>>,
    from: &[S],
    to: S,
) -> Result<bool, StoreError> {
    let places = places(from.len());
    let mut values = vec![to.into(), conn.now().into(), id.into()];
    values.extend(from.iter().map(|status| (*status).into()));
    let sql = format!("UPDATE {table} SET status = ?, updated_at = ? WHERE id = ? AND status IN ({places})");
    Ok(conn.run(&sql, &values)? == 1)
}
