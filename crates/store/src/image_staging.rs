//! Where the data of images wait for their import.

use model::ImageId;

use crate::{Conn, StoreError, params};

/// Remembers that the data of an image wait on `host`.
///
/// # Errors
/// The store's own.
pub fn set(conn: &Conn<'_>, image: ImageId, host: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO image_staging (image_id, host) VALUES (?, ?) \
         ON CONFLICT (image_id) DO UPDATE SET host = excluded.host";
    conn.run(sql, params![image, host]).map(drop)
}

/// The host on which data of an image waited last; none for one whose data never did, or before that was remembered.
///
/// # Errors
/// The store's own.
pub fn host_of(conn: &Conn<'_>, image: ImageId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT host FROM image_staging WHERE image_id = ?";
    conn.row(sql, params![image], |columns| columns.take())
}
