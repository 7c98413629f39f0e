//! How many transactions have changed the identity: the cheap question before trusting what is remembered of it.

use crate::{Conn, StoreError};

/// Counts this transaction, and makes others that change the identity wait for it: to be called before the changes.
/// Returns its number, which later reads answer once it is committed.
///
/// # Errors
/// The store's own.
pub fn advance(conn: &Conn<'_>) -> Result<i64, StoreError> {
    conn.run("UPDATE identity_generation SET value = value + 1", &[])?;
    current(conn)
}

/// The number of the last transaction.
///
/// # Errors
/// The store's own.
pub fn current(conn: &Conn<'_>) -> Result<i64, StoreError> {
    conn.int("SELECT value FROM identity_generation", &[])
}
