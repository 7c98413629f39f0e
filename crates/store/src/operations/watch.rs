//! Looking at operations, and steering them by hand.

use model::{OperationId, Timestamp};

use super::{COLUMNS, OperationRow, read};
use crate::{Conn, StoreError, params};

/// One operation.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: OperationId) -> Result<Option<OperationRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM operations WHERE id = ?{}", conn.for_update());
    conn.row(&sql, params![id], read)
}

/// The newest operations: those that have not ended, or all that are still kept.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>, ended_too: bool, most: usize) -> Result<Vec<OperationRow>, StoreError> {
    let open = if ended_too { "" } else { "WHERE state = 'pending'" };
    conn.rows(
        &format!("SELECT {COLUMNS} FROM operations {open} ORDER BY seq DESC LIMIT ?"),
        params![most],
        read,
    )
}

/// Makes a waiting operation due at once. False when it has ended.
///
/// # Errors
/// The store's own.
pub fn hurry(conn: &Conn<'_>, id: OperationId) -> Result<bool, StoreError> {
    let changed = conn.run(
        "UPDATE operations SET run_after = ?, attempts = 0, updated_at = ? WHERE id = ? AND queue IS NOT NULL",
        params![conn.now(), conn.now(), id],
    )?;
    Ok(changed == 1)
}

/// Makes what waits in `queue` due at once: all of it, or what is done to resources of one kind (`volume`) or to the one
/// with this identifier.
///
/// # Errors
/// The store's own.
pub fn hurry_queue(
    conn: &Conn<'_>,
    queue: &str,
    kind: Option<&str>,
    id: Option<&str>,
) -> Result<usize, StoreError> {
    let (mut sql, now) = (
        String::from(
            "UPDATE operations SET run_after = ?, attempts = 0, updated_at = ? WHERE queue = ? AND owner IS NULL",
        ),
        conn.now(),
    );
    let prefix = kind.map(|kind| format!("{kind}/"));
    let suffix = id.map(|id| format!("/{id}"));
    let mut values = params![now, now, queue].to_vec();
    if let Some(prefix) = &prefix {
        sql.push_str(" AND SUBSTR(resource, 1, ?) = ?");
        values.extend(params![prefix.len(), prefix].to_vec());
    }
    if let Some(suffix) = &suffix {
        sql.push_str(" AND SUBSTR(resource, LENGTH(resource) - ? + 1) = ?");
        values.extend(params![suffix.len(), suffix].to_vec());
    }
    conn.run(&sql, &values)
}

/// Gives an operation up: its next step takes the way of failure. False when it has ended.
///
/// # Errors
/// The store's own.
pub fn abandon(conn: &Conn<'_>, id: OperationId) -> Result<bool, StoreError> {
    let changed = conn.run(
        "UPDATE operations SET abandoned = 1, run_after = ?, updated_at = ? WHERE id = ? AND queue IS NOT NULL",
        params![conn.now(), conn.now(), id],
    )?;
    Ok(changed == 1)
}

/// Forgets up to `most` operations that ended before `before`. Returns how many.
///
/// # Errors
/// The store's own.
pub fn prune(conn: &Conn<'_>, before: Timestamp, most: usize) -> Result<usize, StoreError> {
    conn.run(
        "DELETE FROM operations WHERE seq IN \
         (SELECT seq FROM (SELECT seq FROM operations WHERE state IN ('done', 'failed') AND updated_at < ? LIMIT ?) AS old)",
        params![before, most],
    )
}

/// Operations that have ended and still hold something: a place in a queue, a resource, a claim on a source. None is
/// the only good answer.
///
/// # Errors
/// The store's own.
pub fn holding_after_end(conn: &Conn<'_>) -> Result<Vec<OperationRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM operations WHERE state <> 'pending' AND (queue IS NOT NULL OR owner IS NOT NULL \
         OR exclusive_key IS NOT NULL OR id IN (SELECT operation_id FROM shared_claims))"
    );
    conn.rows(&sql, &[], read)
}

/// Forgets what an ended operation knew: an answer that was taken.
///
/// # Errors
/// The store's own.
pub fn forget_args(conn: &Conn<'_>, id: OperationId) -> Result<(), StoreError> {
    conn.run("UPDATE operations SET args = '{}' WHERE id = ? AND queue IS NULL", params![id])?;
    Ok(())
}

/// How many operations there are of a kind in a state, and since when the oldest of them has not moved.
#[derive(Debug, Clone)]
pub struct Tally {
    /// Which verb.
    pub kind: String,
    /// `pending` or `failed`.
    pub state: String,
    /// How many.
    pub count: u64,
    /// Admission of the oldest.
    pub oldest: Timestamp,
}

/// Counts for the metrics.
///
/// # Errors
/// The store's own.
pub fn tally(conn: &Conn<'_>) -> Result<Vec<Tally>, StoreError> {
    conn.rows(
        "SELECT kind, state, COUNT(*), MIN(created_at) FROM operations WHERE state IN ('pending', 'failed') \
         GROUP BY kind, state",
        &[],
        |columns| {
            Ok(Tally {
                kind: columns.take()?,
                state: columns.take()?,
                count: columns.take()?,
                oldest: columns.take()?,
            })
        },
    )
}

/// How many operations wait in each queue.
///
/// # Errors
/// The store's own.
pub fn depths(conn: &Conn<'_>) -> Result<Vec<(String, u64)>, StoreError> {
    let sql = "SELECT queue, COUNT(*) FROM operations WHERE queue IS NOT NULL GROUP BY queue ORDER BY queue";
    conn.rows(sql, &[], |columns| Ok((columns.take()?, columns.take()?)))
}
