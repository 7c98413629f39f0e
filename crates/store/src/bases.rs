//! Rows of bases, and what stands on them.

use model::{Base, BaseId, BaseStatus, ImageId};

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

const COLUMNS: &str =
    "id, backend, pool, image_id, parent_id, height, size_gib, status, failure, created_at, used_at";

fn read(columns: &mut Columns<'_>) -> Result<Base, StoreError> {
    Ok(Base {
        id: columns.take()?,
        backend: columns.take()?,
        pool: columns.take()?,
        image_id: columns.take()?,
        parent_id: columns.take()?,
        height: columns.take()?,
        size_gib: columns.take()?,
        status: columns.take()?,
        failure: columns.take()?,
        created_at: columns.take()?,
        used_at: columns.take()?,
    })
}

/// Inserts a base.
///
/// # Errors
/// [`StoreError::Duplicate`] when the backend has one of that image.
pub fn insert(conn: &Conn<'_>, base: &Base) -> Result<(), StoreError> {
    conn.run(
        &format!("INSERT INTO bases ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        params![
            base.id,
            &base.backend,
            &base.pool,
            base.image_id,
            base.parent_id,
            base.height,
            base.size_gib,
            base.status,
            &base.failure,
            base.created_at,
            base.used_at
        ],
    )?;
    Ok(())
}

/// One base.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: BaseId) -> Result<Option<Base>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM bases WHERE id = ?"), params![id], read)
}

/// The base of an image on a backend.
///
/// # Errors
/// The store's own.
pub fn find(conn: &Conn<'_>, backend: &str, image: ImageId) -> Result<Option<Base>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM bases WHERE backend = ? AND image_id = ?");
    conn.row(&sql, params![backend, image], read)
}

/// The bases of an image, on whichever backends.
///
/// # Errors
/// The store's own.
pub fn of_image(conn: &Conn<'_>, image: ImageId) -> Result<Vec<Base>, StoreError> {
    conn.rows(
        &format!("SELECT {COLUMNS} FROM bases WHERE image_id = ? ORDER BY backend"),
        params![image],
        read,
    )
}

/// The bases of a backend, the one that was used longest ago first.
///
/// # Errors
/// The store's own.
pub fn on_backend(conn: &Conn<'_>, backend: &str) -> Result<Vec<Base>, StoreError> {
    conn.rows(
        &format!("SELECT {COLUMNS} FROM bases WHERE backend = ? ORDER BY used_at, id"),
        params![backend],
        read,
    )
}

/// All bases.
///
/// # Errors
/// The store's own.
pub fn all(conn: &Conn<'_>) -> Result<Vec<Base>, StoreError> {
    conn.rows(&format!("SELECT {COLUMNS} FROM bases ORDER BY id"), params![], read)
}

/// Sets how far a base is, and why it failed.
///
/// # Errors
/// The store's own.
pub fn set_status(
    conn: &Conn<'_>,
    id: BaseId,
    status: BaseStatus,
    failure: Option<&str>,
) -> Result<(), StoreError> {
    conn.run("UPDATE bases SET status = ?, failure = ? WHERE id = ?", params![status, failure, id])?;
    Ok(())
}

/// Begins to bring a base to its backend anew, on top of what it is to stand on now.
///
/// # Errors
/// The store's own.
pub fn begin_again(conn: &Conn<'_>, base: &Base) -> Result<(), StoreError> {
    let sql =
        "UPDATE bases SET status = ?, failure = NULL, created_at = ?, parent_id = ?, height = ? WHERE id = ?";
    conn.run(sql, params![BaseStatus::Filling, conn.now(), base.parent_id, base.height, base.id])?;
    Ok(())
}

/// Notes that a base is there, its size, and whether it stands on its parent: else it has none from now on.
///
/// # Errors
/// The store's own.
pub fn set_ready(conn: &Conn<'_>, id: BaseId, size_gib: u64, stands: bool) -> Result<(), StoreError> {
    let sql = "UPDATE bases SET status = ?, failure = NULL, size_gib = ?, used_at = ? WHERE id = ?";
    conn.run(sql, params![BaseStatus::Ready, size_gib, conn.now(), id])?;
    if !stands {
        conn.run("UPDATE bases SET parent_id = NULL, height = 0 WHERE id = ?", params![id])?;
    }
    Ok(())
}

/// Notes that a volume is made from a base now.
///
/// # Errors
/// The store's own.
pub fn touch(conn: &Conn<'_>, id: BaseId) -> Result<(), StoreError> {
    conn.run("UPDATE bases SET used_at = ? WHERE id = ?", params![conn.now(), id])?;
    Ok(())
}

/// Removes the row of a base.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: BaseId) -> Result<(), StoreError> {
    conn.run("DELETE FROM bases WHERE id = ?", params![id])?;
    Ok(())
}

/// Whether something stands on a base, whose name is `location`: a volume, its copy that is on the move, a snapshot, or
/// another base.
///
/// # Errors
/// The store's own.
pub fn is_stood_on(conn: &Conn<'_>, id: BaseId, location: &str) -> Result<bool, StoreError> {
    for table in ["volumes", "snapshots", "volume_copies"] {
        let sql = format!("SELECT 1 FROM {table} WHERE provider_location = ? LIMIT 1");
        if conn.exists(&sql, params![location])? {
            return Ok(true);
        }
    }
    conn.exists("SELECT 1 FROM bases WHERE parent_id = ? LIMIT 1", params![id])
}

/// What happened to the cache of a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// A volume was made from a base that was there.
    Hit,
    /// A volume had to wait for its base.
    Miss,
    /// A base was made.
    Fetch,
    /// A base had to go so that another one found room.
    Eviction,
}

/// How often each of that happened on a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uses {
    /// `host@backend`.
    pub backend: String,
    /// See [`Use::Hit`].
    pub hits: u64,
    /// See [`Use::Miss`].
    pub misses: u64,
    /// See [`Use::Fetch`].
    pub fetches: u64,
    /// See [`Use::Eviction`].
    pub evictions: u64,
}

/// Counts what happened.
///
/// # Errors
/// The store's own.
pub fn count(conn: &Conn<'_>, backend: &str, what: Use) -> Result<(), StoreError> {
    if !conn.exists("SELECT 1 FROM base_uses WHERE backend = ?", params![backend])? {
        conn.run(
            "INSERT INTO base_uses (backend, hits, misses, fetches, evictions) VALUES (?, 0, 0, 0, 0)",
            params![backend],
        )?;
    }
    let sql = match what {
        Use::Hit => "UPDATE base_uses SET hits = hits + 1 WHERE backend = ?",
        Use::Miss => "UPDATE base_uses SET misses = misses + 1 WHERE backend = ?",
        Use::Fetch => "UPDATE base_uses SET fetches = fetches + 1 WHERE backend = ?",
        Use::Eviction => "UPDATE base_uses SET evictions = evictions + 1 WHERE backend = ?",
    };
    conn.run(sql, params![backend])?;
    Ok(())
}

/// What was counted.
///
/// # Errors
/// The store's own.
pub fn uses(conn: &Conn<'_>) -> Result<Vec<Uses>, StoreError> {
    let sql = "SELECT backend, hits, misses, fetches, evictions FROM base_uses ORDER BY backend";
    conn.rows(sql, params![], |columns| {
        Ok(Uses {
            backend: columns.take()?,
            hits: columns.take()?,
            misses: columns.take()?,
            fetches: columns.take()?,
            evictions: columns.take()?,
        })
    })
}
