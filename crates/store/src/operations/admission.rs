//! Admitting operations, and what they keep others from.

use model::{OperationId, ProjectId, Timestamp, UserId};

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
    give_up_holder(conn, &new.resource)?;
    insert(conn, new, None)
}

/// Admits an operation that holds `key` instead of its resource: at once if nobody does, and otherwise in the phase
/// `turn`, in which it has to succeed in [`take_turn`].
///
/// # Errors
/// The store's own.
pub fn admit_in_turn(
    conn: &Conn<'_>,
    mut new: NewOperation,
    key: &str,
    turn: &'static str,
) -> Result<OperationId, StoreError> {
    if holder(conn, key)?.is_none() {
        return insert(conn, &new, Some(&key.to_owned()));
    }
    new.phase = turn;
    insert(conn, &new, None)
}

/// The operation of this kind on `resource` that has not ended, the oldest if there are several.
///
/// # Errors
/// The store's own.
pub fn pending(conn: &Conn<'_>, resource: &str, kind: &str) -> Result<Option<OperationId>, StoreError> {
    let sql = "SELECT id FROM operations WHERE resource = ? AND kind = ? AND state = 'pending' ORDER BY seq LIMIT 1";
    conn.row(sql, params![resource, kind], |columns| columns.take())
}

/// How many operations of this kind have not ended.
///
/// # Errors
/// The store's own.
pub fn count_pending(conn: &Conn<'_>, kind: &str) -> Result<usize, StoreError> {
    let sql = "SELECT COUNT(*) FROM operations WHERE state = 'pending' AND kind = ?";
    let count: Option<u64> = conn.row(sql, params![kind], |columns| columns.take())?;
    Ok(count.and_then(|count| usize::try_from(count).ok()).unwrap_or_default())
}

/// Gives up the operations of this kind on `resource`: their next steps take the way of failure.
///
/// # Errors
/// The store's own.
pub fn give_up(conn: &Conn<'_>, resource: &str, kind: &str) -> Result<(), StoreError> {
    conn.run(
        "UPDATE operations SET abandoned = 1, run_after = ? WHERE resource = ? AND kind = ? AND state = 'pending'",
        params![conn.now(), resource, kind],
    )?;
    Ok(())
}

/// Admits an operation: at once where nobody holds its resource, else as [`admit_after`], beginning with the phase
/// `turn`.
///
/// # Errors
/// The store's own.
pub fn admit_or_after(
    conn: &Conn<'_>,
    new: NewOperation,
    turn: &'static str,
) -> Result<OperationId, StoreError> {
    if holder(conn, &new.resource)?.is_some() {
        admit_after(conn, &NewOperation { phase: turn, ..new })
    } else {
        admit(conn, &new)
    }
}

/// Gives up the operation that holds `resource`, if one does: its next step takes the way of failure.
///
/// # Errors
/// The store's own.
pub fn give_up_holder(conn: &Conn<'_>, resource: &str) -> Result<(), StoreError> {
    conn.run(
        "UPDATE operations SET abandoned = 1, run_after = ? WHERE exclusive_key = ?",
        params![conn.now(), resource],
    )?;
    Ok(())
}

/// Gives up the operation that holds `resource` and says why: [`why_given_up`].
///
/// # Errors
/// The store's own.
pub fn give_up_holder_because(conn: &Conn<'_>, resource: &str, why: &str) -> Result<(), StoreError> {
    conn.run(
        "UPDATE operations SET given_up_because = ? WHERE exclusive_key = ? AND abandoned = 0",
        params![why, resource],
    )?;
    give_up_holder(conn, resource)
}

/// Why an operation was given up, if that was said.
///
/// # Errors
/// The store's own.
pub fn why_given_up(conn: &Conn<'_>, id: OperationId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT given_up_because FROM operations WHERE id = ?";
    Ok(conn.row(sql, params![id], |columns| columns.take::<Option<String>>())?.flatten())
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
    let now = conn.now();
    let id = OperationId::admitted_at(now);
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

/// Lets a running operation read one more resource until it ends.
///
/// # Errors
/// The store's own.
pub fn read_too(conn: &Conn<'_>, id: OperationId, resource: &str) -> Result<(), StoreError> {
    let known = "SELECT 1 FROM shared_claims WHERE resource = ? AND operation_id = ?";
    if !conn.exists(known, params![resource, id])? {
        conn.run("INSERT INTO shared_claims (resource, operation_id) VALUES (?, ?)", params![resource, id])?;
    }
    Ok(())
}

/// Whether a running operation reads `resource`.
///
/// # Errors
/// The store's own.
pub fn is_read(conn: &Conn<'_>, resource: &str) -> Result<bool, StoreError> {
    conn.exists("SELECT 1 FROM shared_claims WHERE resource = ? LIMIT 1", params![resource])
}

/// Kind and arguments of the operation that holds `resource`.
///
/// # Errors
/// The store's own.
pub fn holder_args(conn: &Conn<'_>, resource: &str) -> Result<Option<(String, String)>, StoreError> {
    let sql = "SELECT kind, args FROM operations WHERE exclusive_key = ?";
    conn.row(sql, params![resource], |columns| Ok((columns.take()?, columns.take()?)))
}

/// Whether an operation on `resource` has not ended, be it that it waits for its turn.
///
/// # Errors
/// The store's own.
pub fn is_pending(conn: &Conn<'_>, resource: &str) -> Result<bool, StoreError> {
    conn.exists(
        "SELECT 1 FROM operations WHERE resource = ? AND state = 'pending' LIMIT 1",
        params![resource],
    )
}

/// An operation that holds something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its kind.
    pub kind: String,
    /// Its phase.
    pub phase: String,
    /// When it was admitted.
    pub created_at: Timestamp,
}

/// The operation that holds `resource`, and how far it is.
///
/// # Errors
/// The store's own.
pub fn holding(conn: &Conn<'_>, resource: &str) -> Result<Option<Holder>, StoreError> {
    let sql = "SELECT kind, phase, created_at FROM operations WHERE exclusive_key = ?";
    conn.row(sql, params![resource], |columns| {
        Ok(Holder { kind: columns.take()?, phase: columns.take()?, created_at: columns.take()? })
    })
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
