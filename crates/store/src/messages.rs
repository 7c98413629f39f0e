//! User messages.

use model::message::Message;
use model::{MessageId, Timestamp};

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

pub(crate) const COLUMNS: &str = "id, project_id, request_id, resource_type, resource_uuid, event_id, level, \
     user_message, created_at";

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Message, StoreError> {
    Ok(Message {
        id: columns.take()?,
        project_id: columns.take()?,
        request_id: columns.take()?,
        resource_type: columns.take()?,
        resource_uuid: columns.take()?,
        event_id: columns.take()?,
        level: columns.take()?,
        user_message: columns.take()?,
        created_at: columns.take()?,
    })
}

/// Inserts a message.
///
/// # Errors
/// The store's own.
pub fn insert(conn: &Conn<'_>, message: &Message) -> Result<(), StoreError> {
    conn.run(
        &format!("INSERT INTO messages ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        params![
            message.id,
            &message.project_id,
            &message.request_id,
            &message.resource_type,
            &message.resource_uuid,
            &message.event_id,
            &message.level,
            &message.user_message,
            message.created_at
        ],
    )?;
    Ok(())
}

/// One message.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: MessageId) -> Result<Option<Message>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM messages WHERE id = ?"), params![id], read)
}

/// Removes a message. Removing what is gone is a success.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: MessageId) -> Result<(), StoreError> {
    conn.run("DELETE FROM messages WHERE id = ?", params![id]).map(|_| ())
}

/// Forgets up to `most` messages that were written before `before`. Returns how many.
///
/// # Errors
/// The store's own.
pub fn prune(conn: &Conn<'_>, before: Timestamp, most: usize) -> Result<usize, StoreError> {
    conn.run(
        "DELETE FROM messages WHERE seq IN \
         (SELECT seq FROM (SELECT seq FROM messages WHERE created_at < ? LIMIT ?) AS old)",
        params![before, most],
    )
}
