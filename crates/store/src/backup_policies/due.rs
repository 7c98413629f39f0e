//! What policies are going to do: one row for each volume that is to be backed up, and each backup that is to be verified.

use model::backup_policy::{Chore, Due};
use model::{BackupPolicyId, Timestamp};

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

const COLUMNS: &str = "policy_id, chore, target, due_at, refused_at, why";

fn read(columns: &mut Columns<'_>) -> Result<Due, StoreError> {
    Ok(Due {
        policy_id: columns.take()?,
        chore: columns.take()?,
        target: columns.take()?,
        due_at: columns.take()?,
        refused_at: columns.take()?,
        why: columns.take()?,
    })
}

/// Adds something. What waits already is not done twice.
///
/// # Errors
/// The store's own.
pub fn add(
    conn: &Conn<'_>,
    policy: BackupPolicyId,
    chore: Chore,
    target: String,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO backup_policy_due (policy_id, chore, target, due_at, try_at) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (policy_id, chore, target) DO NOTHING";
    conn.run(sql, params![policy, chore, target, at, at])?;
    Ok(())
}

/// Up to `most` of what may be tried by `now`, that which waits longest first.
///
/// # Errors
/// The store's own.
pub fn to_try(conn: &Conn<'_>, chore: Chore, now: Timestamp, most: usize) -> Result<Vec<Due>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM backup_policy_due WHERE chore = ? AND try_at <= ? ORDER BY try_at, policy_id, target LIMIT ?"
    );
    conn.rows(&sql, params![chore, now, most], read)
}

/// What a policy is going to do, that which waits longest first.
///
/// # Errors
/// The store's own.
pub fn of_policy(conn: &Conn<'_>, policy: BackupPolicyId, most: usize) -> Result<Vec<Due>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM backup_policy_due WHERE policy_id = ? ORDER BY due_at, chore, target LIMIT ?"
    );
    conn.rows(&sql, params![policy, most], read)
}

/// Takes something away: whoever does it, or gives it up, does so in the same transaction. False when somebody else was
/// faster.
///
/// # Errors
/// The store's own.
pub fn take(conn: &Conn<'_>, due: &Due) -> Result<bool, StoreError> {
    let sql = "DELETE FROM backup_policy_due WHERE policy_id = ? AND chore = ? AND target = ?";
    Ok(conn.run(sql, params![due.policy_id, due.chore, &due.target])? == 1)
}

/// Notes that it was refused, and when it is tried again.
///
/// # Errors
/// The store's own.
pub fn put_off(
    conn: &Conn<'_>,
    due: &Due,
    now: Timestamp,
    try_at: Timestamp,
    why: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE backup_policy_due SET try_at = ?, refused_at = COALESCE(refused_at, ?), why = ? \
         WHERE policy_id = ? AND chore = ? AND target = ?";
    conn.run(sql, params![try_at, now, why, due.policy_id, due.chore, &due.target])?;
    Ok(())
}
