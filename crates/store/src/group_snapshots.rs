//! Snapshots of whole groups. Their parts are rows of [`crate::snapshots`].

use model::{GroupId, GroupSnapshot, GroupSnapshotId, GroupSnapshotStatus, Snapshot};

use crate::engine::Columns;
use crate::{Conn, StoreError, params, snapshots, status};

pub(crate) const COLUMNS: &str = "id, group_id, project_id, user_id, name, description, status, group_type_id, \
     created_at, updated_at";

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<GroupSnapshot, StoreError> {
    Ok(GroupSnapshot {
        id: columns.take()?,
        group_id: columns.take()?,
        project_id: columns.take()?,
        user_id: columns.take()?,
        name: columns.take()?,
        description: columns.take()?,
        status: columns.take()?,
        group_type_id: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

/// Inserts a snapshot of a group, without its parts.
///
/// # Errors
/// The store's own.
pub fn insert(conn: &Conn<'_>, new: &GroupSnapshot) -> Result<(), StoreError> {
    conn.run(
        &format!("INSERT INTO group_snapshots ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        params![
            new.id,
            new.group_id,
            &new.project_id,
            &new.user_id,
            &new.name,
            &new.description,
            new.status,
            new.group_type_id,
            new.created_at,
            new.updated_at
        ],
    )?;
    Ok(())
}

/// One snapshot of a group.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: GroupSnapshotId) -> Result<Option<GroupSnapshot>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM group_snapshots WHERE id = ?"), params![id], read)
}

/// Removes a snapshot of a group whose parts are gone. Removing what is gone is a success.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: GroupSnapshotId) -> Result<(), StoreError> {
    conn.run("DELETE FROM group_snapshots WHERE id = ?", params![id])?;
    Ok(())
}

/// Sets the status, whatever it was.
///
/// # Errors
/// The store's own.
pub fn set_status(conn: &Conn<'_>, id: GroupSnapshotId, to: GroupSnapshotStatus) -> Result<(), StoreError> {
    let sql = "UPDATE group_snapshots SET status = ?, updated_at = ? WHERE id = ?";
    conn.run(sql, params![to, conn.now(), id])?;
    Ok(())
}

/// Sets the status if it is one of `from`; false when it is not, or the snapshot is gone.
///
/// # Errors
/// The store's own.
pub fn set_status_from(
    conn: &Conn<'_>,
    id: GroupSnapshotId,
    from: &[GroupSnapshotStatus],
    to: GroupSnapshotStatus,
) -> Result<bool, StoreError> {
    status::set_from(conn, "group_snapshots", id, from, to)
}

/// The parts of it, one per volume, oldest first.
///
/// # Errors
/// The store's own.
pub fn parts(conn: &Conn<'_>, id: GroupSnapshotId) -> Result<Vec<Snapshot>, StoreError> {
    let columns = snapshots::COLUMNS;
    let sql = format!("SELECT {columns} FROM snapshots WHERE group_snapshot_id = ? ORDER BY created_at, id");
    conn.rows(&sql, params![id], snapshots::read)
}

/// Whether a group has snapshots.
///
/// # Errors
/// The store's own.
pub fn any_of_group(conn: &Conn<'_>, id: GroupId) -> Result<bool, StoreError> {
    conn.exists("SELECT 1 FROM group_snapshots WHERE group_id = ? LIMIT 1", params![id])
}
