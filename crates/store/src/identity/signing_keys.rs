//! The keys that sign tokens.

use model::Timestamp;

use crate::{Conn, StoreError, params};

/// A key.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// The id by which tokens refer to it; a later key has a larger one.
    pub id: u64,
    /// The key, in hexadecimal.
    pub secret: String,
    /// From when on it signs. It verifies from the start.
    pub signs_from: Timestamp,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Every key, the newest first.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>) -> Result<Vec<SigningKey>, StoreError> {
    conn.rows("SELECT id, secret, signs_from FROM identity_signing_keys ORDER BY id DESC", &[], |columns| {
        Ok(SigningKey { id: columns.take()?, secret: columns.take()?, signs_from: columns.take()? })
    })
}

/// Inserts a key.
///
/// # Errors
/// [`StoreError::Duplicate`] when the id is taken.
pub fn insert(conn: &Conn<'_>, new: &SigningKey) -> Result<(), StoreError> {
    let sql = "INSERT INTO identity_signing_keys (id, secret, signs_from) VALUES (?, ?, ?)";
    conn.run(sql, params![new.id, &new.secret, new.signs_from])?;
    Ok(())
}

/// Removes a key: what it signed is no longer a token.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: u64) -> Result<(), StoreError> {
    conn.run("DELETE FROM identity_signing_keys WHERE id = ?", params![id])?;
    Ok(())
}
