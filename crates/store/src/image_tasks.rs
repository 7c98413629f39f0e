//! Tasks: what clients watch of long work on images.

use model::image::{ImageTask, TaskStatus};
use model::{ImageId, OperationId, ProjectId, Timestamp};

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

const COLUMNS: &str = "id, type, status, owner, user_id, image_id, request_id, input, result, message, expires_at, \
     created_at, updated_at";

fn read(columns: &mut Columns<'_>) -> Result<ImageTask, StoreError> {
    Ok(ImageTask {
        id: columns.take()?,
        kind: columns.take()?,
        status: columns.take()?,
        owner: columns.take()?,
        user_id: columns.take()?,
        image_id: columns.take()?,
        request_id: columns.take()?,
        input: columns.take()?,
        result: columns.take()?,
        message: columns.take()?,
        expires_at: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

/// Inserts a task.
///
/// # Errors
/// The store's own.
pub fn insert(conn: &Conn<'_>, task: &ImageTask) -> Result<(), StoreError> {
    conn.run(
        &format!("INSERT INTO image_tasks ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        params![
            task.id,
            &task.kind,
            task.status,
            &task.owner,
            &task.user_id,
            task.image_id,
            &task.request_id,
            &task.input,
            &task.result,
            &task.message,
            task.expires_at,
            task.created_at,
            task.updated_at
        ],
    )?;
    Ok(())
}

/// One task.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: OperationId) -> Result<Option<ImageTask>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM image_tasks WHERE id = ?"), params![id], read)
}

/// The tasks of an image, newest first.
///
/// # Errors
/// The store's own.
pub fn of_image(conn: &Conn<'_>, image: ImageId) -> Result<Vec<ImageTask>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM image_tasks WHERE image_id = ? ORDER BY created_at DESC, id DESC");
    conn.rows(&sql, params![image], read)
}

/// What to list, newest first.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only this project's; none lists everybody's.
    pub owner: Option<ProjectId>,
    /// Only this kind.
    pub kind: Option<String>,
    /// Only in this status.
    pub status: Option<TaskStatus>,
    /// Those after this one.
    pub after: Option<OperationId>,
    /// Most tasks.
    pub limit: usize,
}

/// A page of tasks.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>, query: &Query) -> Result<Vec<ImageTask>, StoreError> {
    let (mut conditions, mut values) = (vec!["1 = 1"], Vec::new());
    if let Some(owner) = &query.owner {
        conditions.push("owner = ?");
        values.push(owner.into());
    }
    if let Some(kind) = &query.kind {
        conditions.push("type = ?");
        values.push(kind.into());
    }
    if let Some(status) = query.status {
        conditions.push("status = ?");
        values.push(status.into());
    }
    if let Some(after) = query.after
        && let Some(place) = get(conn, after)?
    {
        conditions.push("(created_at < ? OR (created_at = ? AND id < ?))");
        values.extend([place.created_at.into(), place.created_at.into(), after.into()]);
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM image_tasks WHERE {} ORDER BY created_at DESC, id DESC LIMIT ?",
        conditions.join(" AND ")
    );
    values.push(query.limit.into());
    conn.rows(&sql, &values, read)
}

/// Says how far a task is. Done and failed ones are forgotten at `expires_at`.
///
/// # Errors
/// The store's own.
pub fn settle(
    conn: &Conn<'_>,
    id: OperationId,
    status: TaskStatus,
    result: Option<&str>,
    message: &str,
    expires_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    conn.run(
        "UPDATE image_tasks SET status = ?, result = ?, message = ?, expires_at = ?, updated_at = ? WHERE id = ?",
        params![status, result, message, expires_at, conn.now(), id],
    )?;
    Ok(())
}

/// Forgets up to `most` tasks whose time has come before `now`. Returns how many.
///
/// # Errors
/// The store's own.
pub fn prune(conn: &Conn<'_>, now: Timestamp, most: usize) -> Result<usize, StoreError> {
    conn.run(
        "DELETE FROM image_tasks WHERE seq IN \
         (SELECT seq FROM (SELECT seq FROM image_tasks WHERE expires_at < ? LIMIT ?) AS old)",
        params![now, most],
    )
}
