//! Uploads of images that are under way, each by a worker of its own: `{process}/{upload}`.

use model::{ImageId, ImageStatus};

use crate::{Conn, StoreError, images, params};

/// Begins an upload: the image goes from `queued` to `taking`. False when it is not `queued`, or gone.
///
/// # Errors
/// The store's own.
pub fn begin(conn: &Conn<'_>, worker: &str, image: ImageId, taking: ImageStatus) -> Result<bool, StoreError> {
    if !images::set_status_from(conn, image, &[ImageStatus::Queued], taking, Some(worker))? {
        return Ok(false);
    }
    conn.run("INSERT INTO image_uploads (worker, image_id) VALUES (?, ?)", params![worker, image])?;
    Ok(true)
}

/// Ends an upload: the image becomes `to` where it is still taking its data. False when it is not, or gone.
///
/// # Errors
/// The store's own.
pub fn end(conn: &Conn<'_>, worker: &str, image: ImageId, to: ImageStatus) -> Result<bool, StoreError> {
    conn.run("DELETE FROM image_uploads WHERE worker = ?", params![worker])?;
    let of_ours = images::get(conn, image)?.is_some_and(|image| image.worker.as_deref() == Some(worker));
    let taking = [ImageStatus::Saving, ImageStatus::Uploading];
    Ok(of_ours && images::set_status_from(conn, image, &taking, to, None)?)
}

/// Whether this upload has not ended. In a transaction that writes, one that is just ending is waited for.
///
/// # Errors
/// The store's own.
pub fn is_under_way(conn: &Conn<'_>, worker: &str) -> Result<bool, StoreError> {
    let sql = format!("SELECT 1 FROM image_uploads WHERE worker = ?{}", conn.for_update());
    conn.exists(&sql, params![worker])
}

/// Whether somebody uploads data under this identifier.
///
/// # Errors
/// The store's own.
pub fn is_any_of(conn: &Conn<'_>, image: ImageId) -> Result<bool, StoreError> {
    conn.exists("SELECT 1 FROM image_uploads WHERE image_id = ? LIMIT 1", params![image])
}

/// The uploads that `process` had begun, and their images.
///
/// # Errors
/// The store's own.
pub fn of_process(conn: &Conn<'_>, process: &str) -> Result<Vec<(String, ImageId)>, StoreError> {
    let prefix = format!("{process}/");
    let sql = "SELECT worker, image_id FROM image_uploads WHERE SUBSTR(worker, 1, ?) = ? ORDER BY worker";
    conn.rows(sql, params![prefix.chars().count(), &prefix], |columns| Ok((columns.take()?, columns.take()?)))
}
