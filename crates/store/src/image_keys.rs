//! Which key opens the container in an image that was made of an encrypted volume.

use model::{ImageId, KeyId};

use crate::{Conn, StoreError, params};

/// Notes the key of an image.
///
/// # Errors
/// The store's own.
pub fn set(conn: &Conn<'_>, image: ImageId, key: KeyId) -> Result<(), StoreError> {
    remove(conn, image)?;
    conn.run("INSERT INTO image_keys (image_id, key_id) VALUES (?, ?)", params![image, key])?;
    Ok(())
}

/// The key of an image, if it has one.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, image: ImageId) -> Result<Option<KeyId>, StoreError> {
    let sql = "SELECT key_id FROM image_keys WHERE image_id = ?";
    conn.row(sql, params![image], |columns| columns.take())
}

/// Every image that has a key.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>) -> Result<Vec<ImageId>, StoreError> {
    conn.rows("SELECT image_id FROM image_keys ORDER BY image_id", &[], |columns| columns.take())
}

/// Forgets the key of an image. Without one it is a success.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, image: ImageId) -> Result<(), StoreError> {
    conn.run("DELETE FROM image_keys WHERE image_id = ?", params![image])?;
    Ok(())
}
