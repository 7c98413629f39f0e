//! Uploads of images that are under way, each by a worker of its own: `{process}/{upload}`.
//!
//! An upload is its worker's for as long as its lease holds. When that has ended, another process may take it over, and it
//! is that one's; its first worker changes nothing any more.

use model::{ImageId, ImageStatus, Timestamp};

use crate::{Conn, StoreError, images, params};

/// Begins an upload: the image goes from `queued` to `taking`. False when it is not `queued`, or gone.
///
/// # Errors
/// The store's own.
pub fn begin(
    conn: &Conn<'_>,
    worker: &str,
    image: ImageId,
    taking: ImageStatus,
    lease_until: Timestamp,
) -> Result<bool, StoreError> {
    if !images::set_status_from(conn, image, &[ImageStatus::Queued], taking, Some(worker))? {
        return Ok(false);
    }
    insert(conn, worker, image, lease_until)?;
    Ok(true)
}

fn insert(conn: &Conn<'_>, worker: &str, image: ImageId, lease_until: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO image_uploads (worker, image_id, lease_until, lost) VALUES (?, ?, ?, 0)";
    conn.run(sql, params![worker, image, lease_until]).map(drop)
}

/// Ends an upload: the image becomes `to` where it is still taking its data. False when it is not, or gone.
///
/// # Errors
/// The store's own.
pub fn end(conn: &Conn<'_>, worker: &str, image: ImageId, to: ImageStatus) -> Result<bool, StoreError> {
    conn.run("DELETE FROM image_uploads WHERE worker = ? AND lost = 0", params![worker])?;
    let of_ours = images::get(conn, image)?.is_some_and(|image| image.worker.as_deref() == Some(worker));
    let taking = [ImageStatus::Saving, ImageStatus::Uploading];
    Ok(of_ours && images::set_status_from(conn, image, &taking, to, None)?)
}

/// Says that this upload goes on. False when it has ended, or is another's.
///
/// # Errors
/// The store's own.
pub fn renew(conn: &Conn<'_>, worker: &str, lease_until: Timestamp) -> Result<bool, StoreError> {
    let sql = "UPDATE image_uploads SET lease_until = ? WHERE worker = ? AND lost = 0";
    Ok(conn.run(sql, params![lease_until, worker])? == 1)
}

/// Whether somebody uploads data under this identifier.
///
/// # Errors
/// The store's own.
pub fn is_any_of(conn: &Conn<'_>, image: ImageId) -> Result<bool, StoreError> {
    conn.exists("SELECT 1 FROM image_uploads WHERE image_id = ? AND lost = 0 LIMIT 1", params![image])
}

/// The uploads that `process` had begun and nobody else took over, and their images.
///
/// # Errors
/// The store's own.
pub fn of_process(conn: &Conn<'_>, process: &str) -> Result<Vec<(String, ImageId)>, StoreError> {
    with_prefix(conn, process, false)
}

fn with_prefix(conn: &Conn<'_>, process: &str, lost: bool) -> Result<Vec<(String, ImageId)>, StoreError> {
    let prefix = format!("{process}/");
    let sql = "SELECT worker, image_id FROM image_uploads \
         WHERE SUBSTR(worker, 1, ?) = ? AND lost = ? ORDER BY worker";
    let values = params![prefix.chars().count(), &prefix, i64::from(lost)];
    conn.rows(sql, values, |columns| Ok((columns.take()?, columns.take()?)))
}

/// Makes an upload whose lease has ended that of `worker`; its image, if there was one.
///
/// # Errors
/// The store's own.
pub fn take_over(
    conn: &Conn<'_>,
    worker: &str,
    lease_until: Timestamp,
) -> Result<Option<ImageId>, StoreError> {
    let sql = format!(
        "SELECT worker, image_id FROM image_uploads WHERE lease_until < ? AND lost = 0 \
         ORDER BY worker LIMIT 1{}",
        conn.for_update()
    );
    let found: Option<(String, ImageId)> =
        conn.row(&sql, params![conn.now()], |columns| Ok((columns.take()?, columns.take()?)))?;
    let Some((lost, image)) = found else { return Ok(None) };
    conn.run("UPDATE image_uploads SET lost = 1 WHERE worker = ?", params![&lost])?;
    insert(conn, worker, image, lease_until)?;
    conn.run("UPDATE images SET worker = ? WHERE id = ? AND worker = ?", params![worker, image, &lost])?;
    Ok(Some(image))
}

/// Makes the uploads that `process` has lost to others its own again, where the image has no data and takes none: so that
/// what they left here can be removed. The others are forgotten, and returned.
///
/// # Errors
/// The store's own.
pub fn reclaim(conn: &Conn<'_>, process: &str, lease_until: Timestamp) -> Result<Vec<ImageId>, StoreError> {
    let mut left = Vec::new();
    for (worker, image) in with_prefix(conn, process, true)? {
        conn.run("DELETE FROM image_uploads WHERE worker = ?", params![&worker])?;
        if is_any_of(conn, image)? {
            left.push(image);
        } else if images::get(conn, image)?.is_none() {
            insert(conn, &worker, image, lease_until)?;
        } else if !begin(conn, &worker, image, ImageStatus::Saving, lease_until)? {
            left.push(image);
        }
    }
    Ok(left)
}
