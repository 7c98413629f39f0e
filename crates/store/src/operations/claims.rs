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

/// Takes the operation that was `seen`; false when somebody else was faster, or it was given up since.
///
/// # Errors
/// The store's own.
pub fn claim(
    conn: &Conn<'_>,
    seen: &OperationRow,
    owner: &str,
    lease_until: Timestamp,
) -> Result<bool, StoreError> {
    let changed = conn.run(
        "UPDATE operations SET fence = fence + 1, owner = ?, lease_until = ?, updated_at = ? \
         WHERE id = ? AND fence = ? AND abandoned = ?",
        params![owner, lease_until, conn.now(), seen.id, seen.fence, seen.abandoned],
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

impl From<&OperationRow> for Claim {
    /// The claim on an operation that was claimed, or is as it was when it was.
    fn from(claimed: &OperationRow) -> Self {
        Self { id: claimed.id, fence: claimed.fence }
    }
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

/// Keeps facts of an operation that is about to end: its answer, for whoever waits for it.
///
/// # Errors
/// The store's own.
pub fn note(conn: &Conn<'_>, claim: Claim, args: &str) -> Result<(), StoreError> {
    conn.run(
        "UPDATE operations SET args = ? WHERE id = ? AND fence = ?",
        params![args, claim.id, claim.fence],
    )?;
    Ok(())
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

/// Gives a claimed operation back after a failed try. One that was given up meanwhile, as `seen` did not know, is due
/// at once. False when the claim was lost, or the operation is in another phase.
///
/// # Errors
/// The store's own.
pub fn retry(
    conn: &Conn<'_>,
    seen: &OperationRow,
    run_after: Timestamp,
    why: &str,
) -> Result<bool, StoreError> {
    let now = conn.now();
    // The column among the branches, which is never taken, says of which type the places are.
    let changed = conn.run(
        "UPDATE operations SET owner = NULL, lease_until = 0, attempts = attempts + 1, fence = fence + 1, \
         run_after = CASE WHEN abandoned > ? THEN ? WHEN abandoned < 0 THEN run_after ELSE ? END, last_error = ?, updated_at = ? \
         WHERE id = ? AND fence = ? AND phase = ?",
        params![seen.abandoned, now, run_after, why, now, seen.id, seen.fence, &seen.phase],
    )?;
    Ok(changed == 1)
}

/// Gives a claimed operation back because something else has to happen first. False when the claim was lost.
///
/// # Errors
/// The store's own.
pub fn wait(
    conn: &Conn<'_>,
    claim: Claim,
    args: &str,
    run_after: Timestamp,
    what: &str,
) -> Result<bool, StoreError> {
    let changed = conn.run(
        "UPDATE operations SET owner = NULL, lease_until = 0, run_after = ?, args = ?, fence = fence + 1, \
         last_error = ?, updated_at = ? WHERE id = ? AND fence = ?",
        params![run_after, args, format!("waiting for {what}"), conn.now(), claim.id, claim.fence],
    )?;
    Ok(changed == 1)
}

/// Gives an operation back untouched that `owner` has claimed, so that anybody may go on with it at once. Nothing happens
/// where the claim does not hold.
///
/// # Errors
/// The store's own.
pub fn give_back(conn: &Conn<'_>, claim: Claim, owner: &str) -> Result<(), StoreError> {
    conn.run(
        "UPDATE operations SET owner = NULL, lease_until = 0, fence = fence + 1
         WHERE id = ? AND fence = ? AND owner = ?",
        params![claim.id, claim.fence, owner],
    )?;
    Ok(())
}

/// What became of a claim that was to be prolonged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewed {
    /// It holds.
    Kept,
    /// It holds, but the operation was given up.
    Abandoned,
    /// Somebody else has it, or the operation has ended.
    Lost,
}

/// Prolongs a claim and notes how far the operation is.
///
/// # Errors
/// The store's own.
pub fn renew(
    conn: &Conn<'_>,
    claim: Claim,
    lease_until: Timestamp,
    progress: Option<u8>,
) -> Result<Renewed, StoreError> {
    let changed = conn.run(
        "UPDATE operations SET lease_until = ?, progress = COALESCE(?, progress) WHERE id = ? AND fence = ?",
        params![lease_until, progress, claim.id, claim.fence],
    )?;
    match changed {
        0 => Ok(Renewed::Lost),
        _ if is_abandoned(conn, claim.id)? => Ok(Renewed::Abandoned),
        _ => Ok(Renewed::Kept),
    }
}

/// Whether an operation was given up.
///
/// # Errors
/// The store's own.
pub fn is_abandoned(conn: &Conn<'_>, id: OperationId) -> Result<bool, StoreError> {
    conn.exists("SELECT 1 FROM operations WHERE id = ? AND abandoned = 1", params![id])
}

/// Gives back what processes of `host` have claimed in `queue`.
///
/// # Errors
/// The store's own.
pub fn release_queue(conn: &Conn<'_>, queue: &str, host: &str) -> Result<usize, StoreError> {
    let prefix = format!("{host}/");
    conn.run(
        "UPDATE operations SET owner = NULL, lease_until = 0, fence = fence + 1 \
         WHERE queue = ? AND owner IS NOT NULL AND SUBSTR(owner, 1, ?) = ?",
        params![queue, prefix.chars().count(), &prefix],
    )
}

/// Gives back everything that earlier lives of `host` had claimed (owners are `host/{incarnation}`; where several processes
/// of a host share the database, `host` is `host/{process}`).
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
