//! Taking a snapshot of every volume of a group.
//!
//! ```text
//! accept ──▶ room (scheduler) ──▶ take (backend, part by part) ──▶ available
//!              │ no room             │ gives up
//!              │                     ▼
//!              └──────────▶ error ◀── clean up (part by part)
//! ```
//!
//! All parts become available together, or none does. No driver takes several snapshots at one moment. Where the group
//! type asks for that, its volumes must not be attached: then nothing changes while one part is taken after the other.

mod accept;
mod clean_up;
mod room;
mod take;

pub(crate) use accept::KIND;
pub use accept::{Create, accept};

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{GroupSnapshotId, GroupSnapshotStatus, SnapshotId, SnapshotStatus, Timestamp};
use serde::{Deserialize, Serialize};
use store::operations::OperationRow;
use store::{Conn, StoreError};

use crate::Tools;
use crate::failure::unknown_phase;
use crate::messages::{self, About, Detail};

/// Looking whether the pools have room.
const ROOM: &str = "room";
/// Taking one part after the other.
const TAKE: &str = "take";
/// Removing what a backend that gave up has left.
const CLEAN_UP: &str = "clean-up";

/// What the phases know beyond the rows.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Args {
    /// The volumes may not be attached meanwhile.
    detached: bool,
    /// Parts that are taken.
    taken: Vec<SnapshotId>,
    /// Parts of which nothing is left, once it has failed.
    removed: Vec<SnapshotId>,
    /// Why it has failed.
    failure: Option<String>,
    /// When there was no room for the first time.
    refused_at: Option<Timestamp>,
}

impl Args {
    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    match operation.phase.as_str() {
        ROOM => room::step(tools, operation, args),
        TAKE => take::step(tools, operation, args, progress).await,
        CLEAN_UP => clean_up::step(tools, operation, args, progress).await,
        _ => unknown_phase(operation),
    }
}

/// Makes the snapshot and all of its parts available.
fn set_available(conn: &Conn<'_>, id: GroupSnapshotId) -> Result<(), StoreError> {
    for part in store::group_snapshots::parts(conn, id)? {
        let edit = store::snapshots::Edit { progress_percent: Some(100), ..Default::default() };
        store::snapshots::edit(conn, part.id, &edit)?;
        let from = [SnapshotStatus::Creating];
        store::snapshots::set_status_from(conn, part.id, &from, SnapshotStatus::Available)?;
    }
    let from = [GroupSnapshotStatus::Creating];
    store::group_snapshots::set_status_from(conn, id, &from, GroupSnapshotStatus::Available)?;
    Ok(())
}

/// Makes it and all of its parts `error`, and says why.
fn set_failed(
    conn: &Conn<'_>,
    operation: &OperationRow,
    id: GroupSnapshotId,
    detail: &Detail,
) -> Result<(), StoreError> {
    for part in store::group_snapshots::parts(conn, id)? {
        let from = [SnapshotStatus::Creating];
        store::snapshots::set_status_from(conn, part.id, &from, SnapshotStatus::Error)?;
    }
    let from = [GroupSnapshotStatus::Creating];
    store::group_snapshots::set_status_from(conn, id, &from, GroupSnapshotStatus::Error)?;
    messages::write(conn, operation, About::GroupSnapshot, Action::SnapshotCreate, detail)
}

/// Goes on to removing what was taken.
fn give_up(args: Args, why: String) -> Step {
    let args = Args { failure: Some(why), ..args };
    Step::Advance { next: Next::Phase(CLEAN_UP), args: Some(args.to_json()), change: Box::new(|_| Ok(())) }
}
