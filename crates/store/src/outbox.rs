//! What is to be told to whoever listens: written in the transaction of what happened, removed when it was told.

use model::{ProjectId, Timestamp, UserId};

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

/// A notification that nobody has yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its name, by which a listener knows one that comes twice.
    pub message_id: String,
    /// What happened: `volume.create.end`.
    pub event_type: String,
    /// Where: `volume.host@backend`.
    pub publisher_id: String,
    /// `INFO` or `ERROR`.
    pub priority: String,
    /// The request that asked for it.
    pub request_id: Option<String>,
    /// The project of who asked.
    pub project_id: ProjectId,
    /// Who asked.
    pub user_id: UserId,
    /// The facts, as JSON text.
    pub payload: String,
    /// When it happened.
    pub created_at: Timestamp,
}

const COLUMNS: &str = "message_id, event_type, publisher_id, priority, request_id, project_id, user_id, payload, \
     created_at";

fn read(columns: &mut Columns<'_>) -> Result<Notice, StoreError> {
    Ok(Notice {
        message_id: columns.take()?,
        event_type: columns.take()?,
        publisher_id: columns.take()?,
        priority: columns.take()?,
        request_id: columns.take()?,
        project_id: columns.take()?,
        user_id: columns.take()?,
        payload: columns.take()?,
        created_at: columns.take()?,
    })
}

/// Writes a notification, unless one of its name waits already.
///
/// # Errors
/// The store's own.
pub fn insert(conn: &Conn<'_>, notice: &Notice) -> Result<(), StoreError> {
    if conn.exists("SELECT 1 FROM outbox WHERE message_id = ?", params![&notice.message_id])? {
        return Ok(());
    }
    conn.run(
        &format!("INSERT INTO outbox ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        params![
            &notice.message_id,
            &notice.event_type,
            &notice.publisher_id,
            &notice.priority,
            &notice.request_id,
            &notice.project_id,
            &notice.user_id,
            &notice.payload,
            notice.created_at
        ],
    )?;
    Ok(())
}

/// The oldest notifications, in their order.
///
/// # Errors
/// The store's own.
pub fn oldest(conn: &Conn<'_>, most: usize) -> Result<Vec<Notice>, StoreError> {
    conn.rows(&format!("SELECT {COLUMNS} FROM outbox ORDER BY seq LIMIT ?"), params![most], read)
}

/// Removes notifications that were told. Removing what is gone is a success.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, told: &[Notice]) -> Result<(), StoreError> {
    for notice in told {
        conn.run("DELETE FROM outbox WHERE message_id = ?", params![&notice.message_id])?;
    }
    Ok(())
}

/// How many wait.
///
/// # Errors
/// The store's own.
pub fn count(conn: &Conn<'_>) -> Result<u64, StoreError> {
    Ok(u64::try_from(conn.int("SELECT COUNT(*) FROM outbox", &[])?).unwrap_or(0))
}

/// Gives up to `most` notifications up that have waited since before `before`. Returns how many.
///
/// # Errors
/// The store's own.
pub fn give_up(conn: &Conn<'_>, before: Timestamp, most: usize) -> Result<usize, StoreError> {
    let old = conn.rows(
        "SELECT seq FROM outbox WHERE created_at < ? ORDER BY seq LIMIT ?",
        params![before, most],
        |columns| columns.take::<i64>(),
    )?;
    for seq in &old {
        conn.run("DELETE FROM outbox WHERE seq = ?", params![*seq])?;
    }
    Ok(old.len())
}
