//! The ledger's rows: operations that were accepted, who works on them, and what they read from.

use model::{OperationId, ProjectId, Timestamp, UserId};

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

/// An operation to be admitted.
#[derive(Debug, Clone)]
pub struct NewOperation {
    /// Which verb: `volume.create`.
    pub kind: &'static str,
    /// What it changes: `volume/{id}`.
    pub resource: String,
    /// Whose it is.
    pub project_id: ProjectId,
    /// Who asked.
    pub user_id: UserId,
    /// The request that asked.
    pub request_id: Option<String>,
    /// Who is to begin.
    pub queue: String,
    /// The first phase.
    pub phase: &'static str,
    /// The verb's own facts, as JSON text.
    pub args: String,
    /// Resources that are read meanwhile.
    pub reads: Vec<String>,
}

/// An operation row.
#[derive(Debug, Clone)]
pub struct OperationRow {
    /// Identifier.
    pub id: OperationId,
    /// Which verb.
    pub kind: String,
    /// What it changes.
    pub resource: String,
    /// Whose it is.
    pub project_id: ProjectId,
    /// Who asked.
    pub user_id: UserId,
    /// The request that asked.
    pub request_id: Option<String>,
    /// `pending`, `done`, `failed`.
    pub state: String,
    /// Who goes on with it; none when it has ended.
    pub queue: Option<String>,
    /// The effect that is about to be made.
    pub phase: String,
    /// The verb's own facts, as JSON text.
    pub args: String,
    /// Raised by every claim; who writes with an older one has lost the operation.
    pub fence: i64,
    /// Who works on it.
    pub owner: Option<String>,
    /// Until when nobody else may.
    pub lease_until: Timestamp,
    /// Not to be tried before.
    pub run_after: Timestamp,
    /// Failed tries of this phase.
    pub attempts: u64,
    /// Work done, in per cent.
    pub progress: Option<u8>,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// Whether an administrator gave it up.
    pub abandoned: bool,
    /// When it was admitted.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
}

const COLUMNS: &str = "id, kind, resource, project_id, user_id, request_id, state, queue, phase, args, fence, owner, \
     lease_until, run_after, attempts, progress, last_error, abandoned, created_at, updated_at";

fn read(columns: &mut Columns<'_>) -> Result<OperationRow, StoreError> {
    Ok(OperationRow {
        id: columns.take()?,
        kind: columns.take()?,
        resource: columns.take()?,
        project_id: columns.take()?,
        user_id: columns.take()?,
        request_id: columns.take()?,
        state: columns.take()?,
        queue: columns.take()?,
        phase: columns.take()?,
        args: columns.take()?,
        fence: columns.take()?,
        owner: columns.take()?,
        lease_until: columns.take()?,
        run_after: columns.take()?,
        attempts: columns.take()?,
        progress: columns.take()?,
        last_error: columns.take()?,
        abandoned: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

/// Admits an operation. Its resource is its exclusive key.
///
/// # Errors
/// [`StoreError::Duplicate`] when another operation holds the resource.
pub fn admit(conn: &Conn<'_>, new: &NewOperation) -> Result<OperationId, StoreError> {
    insert(conn, new, Some(&new.resource))
}

/// Admits an operation that gives up whoever holds its resource and waits for its turn: its first phase has to
/// succeed in [`take_turn`].
///
/// # Errors
/// The store's own.
pub fn admit_after(conn: &Conn<'_>, new: &NewOperation) -> Result<OperationId, StoreError> {
    conn.run(
        "UPDATE operations SET abandoned = 1, run_after = ? WHERE exclusive_key = ?",
        params![conn.now(), &new.resource],
    )?;
    insert(conn, new, None)
}

/// Takes the resource for an operation that waits for its turn. False while another holds it.
///
/// # Errors
/// The store's own.
pub fn take_turn(conn: &Conn<'_>, id: OperationId, resource: &str) -> Result<bool, StoreError> {
    let others = "SELECT 1 FROM operations WHERE exclusive_key = ? AND id <> ?";
    if conn.exists(others, params![resource, id])? {
        return Ok(false);
    }
    conn.run("UPDATE operations SET exclusive_key = ? WHERE id = ?", params![resource, id])?;
    Ok(true)
}

fn insert(
    conn: &Conn<'_>,
    new: &NewOperation,
    exclusive: Option<&String>,
) -> Result<OperationId, StoreError> {
    let id = OperationId::random();
    let now = conn.now();
    conn.run(
        "INSERT INTO operations (id, kind, resource, project_id, user_id, request_id, state, queue, phase, args, \
         exclusive_key, fence, owner, lease_until, run_after, attempts, progress, last_error, abandoned, created_at, \
         updated_at) VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?, 0, NULL, 0, ?, 0, NULL, NULL, 0, ?, ?)",
        params![
            id,
            new.kind,
            &new.resource,
            &new.project_id,
            &new.user_id,
            &new.request_id,
            &new.queue,
            new.phase,
            &new.args,
            exclusive,
            now,
            now,
            now
        ],
    )?;
    for resource in &new.reads {
        conn.run("INSERT INTO shared_claims (resource, operation_id) VALUES (?, ?)", params![resource, id])?;
    }
    Ok(id)
}

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

/// Whether a running operation reads `resource`.
///
/// # Errors
/// The store's own.
pub fn is_read(conn: &Conn<'_>, resource: &str) -> Result<bool, StoreError> {
    conn.exists("SELECT 1 FROM shared_claims WHERE resource = ? LIMIT 1", params![resource])
}

/// The kind of the operation that holds `resource`.
///
/// # Errors
/// The store's own.
pub fn holder(conn: &Conn<'_>, resource: &str) -> Result<Option<String>, StoreError> {
    conn.row("SELECT kind FROM operations WHERE exclusive_key = ?", params![resource], |columns| {
        columns.take()
    })
}

/// One operation.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: OperationId) -> Result<Option<OperationRow>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM operations WHERE id = ?"), params![id], read)
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
         (SELECT seq FROM operations WHERE state IN ('done', 'failed') AND updated_at < ? LIMIT ?)",
        params![before, most],
    )
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
        "SELECT kind, state, COUNT(*), MIN(created_at) FROM operations WHERE state <> 'done' GROUP BY kind, state",
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
    let sql = "SELECT queue, COUNT(*) FROM operations WHERE queue IS NOT NULL GROUP BY queue";
    conn.rows(sql, &[], |columns| Ok((columns.take()?, columns.take()?)))
}
