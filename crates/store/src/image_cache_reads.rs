//! How often the copies of images in the cache of a host were read.

use model::{ImageId, Timestamp};

use crate::{Conn, StoreError, images, params};

/// The reads of one copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reads {
    /// Of this image.
    pub image_id: ImageId,
    /// How many.
    pub hits: u64,
    /// The last one.
    pub last_at: Timestamp,
}

/// Counts a read of the copy that `host` has of an image. An image that is gone is not counted.
///
/// # Errors
/// The store's own.
pub fn count(conn: &Conn<'_>, host: &str, image: ImageId) -> Result<(), StoreError> {
    let sql = "UPDATE image_cache_reads SET hits = hits + 1, last_at = ? WHERE host = ? AND image_id = ?";
    if conn.run(sql, params![conn.now(), host, image])? == 0 && images::get(conn, image)?.is_some() {
        let sql = "INSERT INTO image_cache_reads (host, image_id, hits, last_at) VALUES (?, ?, 1, ?)";
        conn.run(sql, params![host, image, conn.now()])?;
    }
    Ok(())
}

/// What was read of the cache of `host`.
///
/// # Errors
/// The store's own.
pub fn of_host(conn: &Conn<'_>, host: &str) -> Result<Vec<Reads>, StoreError> {
    let sql = "SELECT image_id, hits, last_at FROM image_cache_reads WHERE host = ? ORDER BY image_id";
    conn.rows(sql, params![host], |columns| {
        Ok(Reads { image_id: columns.take()?, hits: columns.take()?, last_at: columns.take()? })
    })
}

/// Forgets the reads of a copy that is gone. Without any it is a success.
///
/// # Errors
/// The store's own.
pub fn forget(conn: &Conn<'_>, host: &str, image: ImageId) -> Result<(), StoreError> {
    let sql = "DELETE FROM image_cache_reads WHERE host = ? AND image_id = ?";
    conn.run(sql, params![host, image])?;
    Ok(())
}
