//! The ledger's rows: operations that were accepted, who works on them, and what they read from.

mod admission;
mod claims;
mod watch;

pub use admission::{
    Holder, NewOperation, admit, admit_after, admit_in_turn, admit_or_after, count_pending, give_up,
    give_up_holder, give_up_holder_because, holder, holder_args, holding, is_pending, is_read, pending,
    read_too, take_turn, why_given_up,
};
pub use claims::{
    Claim, Renewed, advance, claim, due, end, give_back, is_abandoned, next_due, note, release_host,
    release_queue, renew, retry, wait,
};
pub use watch::{
    Tally, abandon, depths, forget_args, get, holding_after_end, hurry, hurry_queue, list, prune, tally,
};

use model::{OperationId, ProjectId, Timestamp, UserId};

use crate::StoreError;
use crate::engine::Columns;

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
