//! Keys of encrypted volumes, sealed: nothing here can open them.

use model::{KeyId, Timestamp};

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

/// A sealed key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    /// Identifier.
    pub id: KeyId,
    /// What it is for.
    pub name: String,
    /// `aes`.
    pub algorithm: String,
    /// Its size.
    pub bits: u64,
    /// Nonce of the seal, in hexadecimal.
    pub nonce: String,
    /// The key under the seal, in hexadecimal.
    pub sealed: String,
}

const COLUMNS: &str = "id, name, algorithm, bits, nonce, sealed";

fn read(columns: &mut Columns<'_>) -> Result<SealedKey, StoreError> {
    Ok(SealedKey {
        id: columns.take()?,
        name: columns.take()?,
        algorithm: columns.take()?,
        bits: columns.take()?,
        nonce: columns.take()?,
        sealed: columns.take()?,
    })
}

/// The fingerprint of the master key that seals all keys: the noted one, or `ours` from now on when none is.
///
/// # Errors
/// The store's own.
pub fn agree_on_master(conn: &Conn<'_>, ours: &str) -> Result<String, StoreError> {
    let noted = conn.row("SELECT fingerprint FROM master_keys", &[], |columns| columns.take())?;
    match noted {
        Some(noted) => Ok(noted),
        None => {
            conn.run("INSERT INTO master_keys (id, fingerprint) VALUES (1, ?)", params![ours])?;
            Ok(ours.to_owned())
        }
    }
}

/// Inserts a key.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken.
pub fn insert(conn: &Conn<'_>, new: &SealedKey) -> Result<(), StoreError> {
    conn.run(
        &format!("INSERT INTO sealed_keys ({COLUMNS}, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)"),
        params![new.id, &new.name, &new.algorithm, new.bits, &new.nonce, &new.sealed, conn.now()],
    )?;
    Ok(())
}

/// One key.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: KeyId) -> Result<Option<SealedKey>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM sealed_keys WHERE id = ?"), params![id], read)
}

/// The key called `name`.
///
/// # Errors
/// The store's own.
pub fn named(conn: &Conn<'_>, name: &str) -> Result<Option<KeyId>, StoreError> {
    conn.row("SELECT id FROM sealed_keys WHERE name = ?", params![name], |columns| columns.take())
}

/// When a key was made.
///
/// # Errors
/// The store's own.
pub fn created_at(conn: &Conn<'_>, id: KeyId) -> Result<Option<Timestamp>, StoreError> {
    conn.row("SELECT created_at FROM sealed_keys WHERE id = ?", params![id], |columns| columns.take())
}

/// How many keys there are.
///
/// # Errors
/// The store's own.
pub fn count(conn: &Conn<'_>) -> Result<u64, StoreError> {
    Ok(u64::try_from(conn.int("SELECT COUNT(*) FROM sealed_keys", &[])?).unwrap_or(0))
}

/// The name of every key.
///
/// # Errors
/// The store's own.
pub fn names(conn: &Conn<'_>) -> Result<Vec<String>, StoreError> {
    conn.rows("SELECT name FROM sealed_keys ORDER BY name", &[], |columns| columns.take())
}

/// Removes the key called `name`. Removing what is gone is a success.
///
/// # Errors
/// The store's own.
pub fn remove_named(conn: &Conn<'_>, name: &str) -> Result<(), StoreError> {
    conn.run("DELETE FROM sealed_keys WHERE name = ?", params![name])?;
    Ok(())
}

/// Removes a key. Removing what is gone is a success.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: KeyId) -> Result<(), StoreError> {
    conn.run("DELETE FROM sealed_keys WHERE id = ?", params![id])?;
    Ok(())
}
