//! Claims: who works on an operation, and what he may write.

use model::{OperationId, Timestamp};

use super::{COLUMNS, OperationRow, read};
use crate::{Conn, StoreError, params};

/// Up to `most` operations of `queue` that may be worked on at `now`, oldest first.
///
/// # Errors
/// The store's own.
pub fn due(
    conn: &Conn<'_>,
    queue: &str,
    now: Timestamp,
    most: usize,
) -> Result<Vec<OperationRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM operations WHERE queue = ? AND run_after <= ? AND (owner IS NULL OR lease_until < ?) \
         ORDER BY run_after, seq LIMIT ?"
    );
    conn.rows(&sql, params![queue, now, now, most], read)
}

/// When the next operation of `queue` comes due; none when none waits.
///
/// # Errors
/// The store's own.
pub fn next_due(conn: &Conn<'_>, queue: &str) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT MIN(CASE WHEN owner IS NULL THEN run_after ELSE lease_until END) FROM operations WHERE queue = ?";
    Ok(conn.row(sql, params![queue], |columns| columns.take())?.flatten())
}

/// Takes the operation that was seen with `fence`; false when somebody else was faster.
///
/// # Errors
/// The store's own.
pub fn claim(
    conn: &Conn<'_>,
    id: OperationId,
    fence: i64,
    owner: &str,
    lease_until: Timestamp,
) -> Result<bool, StoreError> {
    let changed = conn.run(
        "UPDATE operations SET fence = fence + 1, owner = ?, lease_until = ?, updated_at = ? WHERE id = ? AND fence = ?",
        params![owner, lease_until, conn.now(), id, fence],
    )?;
    Ok(changed == 1)
}

/// A claim that is still ours: the operation and its fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The operation.
    pub id: OperationId,
    /// The fence that the claim raised.
    pub fence: i64,
}

/// Moves a claimed operation to `phase`; with `queue` hands it over to others, who may begin at once.
/// False when the claim was lost: the caller then rolls back.
///
/// # Errors
/// The store's own.
pub fn advance(
    conn: &Conn<'_>,
    claim: Claim,
    phase: &str,
    args: &str,
    queue: Option<&str>,
) -> Result<bool, StoreError> {
    let now = conn.now();
    let changed = match queue {
        None => conn.run(
            "UPDATE operations SET phase = ?, args = ?, attempts = 0, progress = NULL, updated_at = ? \
             WHERE id = ? AND fence = ?",
            params![phase, args, now, claim.id, claim.fence],
        )?,
        Some(queue) => conn.run(
            "UPDATE operations SET phase = ?, args = ?, attempts = 0, progress = NULL, updated_at = ?, queue = ?, \
             owner = NULL, lease_until = 0, run_after = ?, fence = fence + 1 WHERE id = ? AND fence = ?",
            params![phase, args, now, queue, now, claim.id, claim.fence],
        )?,
    };
    Ok(changed == 1)
}

/// Ends a claimed operation, as `done` or, with a reason, as `failed`. False when the claim was lost.
///
/// # Errors
/// The store's own.
pub fn end(conn: &Conn<'_>, claim: Claim, failure: Option<&str>) -> Result<bool, StoreError> {
    let state = if failure.is_some() { "failed" } else { "done" };
    let changed = conn.run(
        "UPDATE operations SET state = ?, queue = NULL, exclusive_key = NULL, owner = NULL, lease_until = 0, \
         fence = fence + 1, last_error = COALESCE(?, last_error), updated_at = ? WHERE id = ? AND fence = ?",
        params![state, failure, conn.now(), claim.id, claim.fence],
    )?;
    conn.run("DELETE FROM shared_claims WHERE operation_id = ?", params![claim.id])?;
    Ok(changed == 1)
}

/// Gives a claimed operation back after a failed try. False when the claim was lost.
///
/// # Errors
/// The store's own.
pub fn retry(conn: &Conn<'_>, claim: Claim, run_after: Timestamp, why: &str) -> Result<bool, StoreError> {
    let changed = conn.run(
        "UPDATE operations SET owner = NULL, lease_until = 0, run_after = ?, attempts = attempts + 1, \
         fence = fence + 1, last_error = ?, updated_at = ? WHERE id = ? AND fence = ?",
        params![run_after, why, conn.now(), claim.id, claim.fence],
    )?;
    Ok(changed == 1)
}

/// Gives a claimed operation back untouched, so that anybody may go on with it at once.
///
/// # Errors
/// The store's own.
pub fn give_back(conn: &Conn<'_>, claim: Claim) -> Result<(), StoreError> {
    conn.run(
        "UPDATE operations SET owner = NULL, lease_until = 0, fence = fence + 1 WHERE id = ? AND fence = ?",
        params![claim.id, claim.fence],
    )?;
    Ok(())
}

/// Prolongs a claim and notes how far it is. False when it was lost.
///
/// # Errors
/// The store's own.
pub fn renew(
    conn: &Conn<'_>,
    claim: Claim,
    lease_until: Timestamp,
    progress: Option<u8>,
) -> Result<bool, StoreError> {
    let changed = conn.run(
        "UPDATE operations SET lease_until = ?, progress = COALESCE(?, progress) WHERE id = ? AND fence = ?",
        params![lease_until, progress, claim.id, claim.fence],
    )?;
    Ok(changed == 1)
}

/// Gives back everything that earlier lives of `host` had claimed (owners are `host/{incarnation}`).
///
/// # Errors
/// The store's own.
pub fn release_host(conn: &Conn<'_>, host: &str) -> Result<usize, StoreError> {
    let prefix = format!("{host}/");
    conn.run(
        "UPDATE operations SET owner = NULL, lease_until = 0, fence = fence + 1 \
         WHERE queue IS NOT NULL AND owner IS NOT NULL AND SUBSTR(owner, 1, ?) = ?",
        params![prefix.chars().count(), &prefix],
    )
}
