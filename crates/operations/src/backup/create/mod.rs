//! Backing up a volume, or a snapshot of one.
//!
//! ```text
//! accept ──▶ name ──▶ [key] ──▶ [freeze] ──▶ copy ──▶ release ──▶ available
//!                       │           │           │ gives up
//!                       └───────────┴───────────┴──▶ clean-up ──▶ error
//! ```
//!
//! Whatever becomes of it, the volume or snapshot goes back to what it was. An attached volume is read from a snapshot of
//! it, where its driver can take one of a volume in use, and else as it is.

mod accept;
mod copy;
mod end;
mod key;

pub(crate) use accept::admit;
pub use accept::{Create, accept};

use ledger::{Next, Progress, Step};
use model::{Backup, BackupId, Snapshot, SnapshotId, Volume, VolumeStatus};
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::backups::Edit;
use store::operations::OperationRow;

use crate::failure::{store_failed, unknown_phase, vanished};
use crate::{Backend, Tools, backup, volume};

pub(crate) const KIND: &str = "backup.create";

/// Noting where it is going to lie.
const NAME: &str = "name";
/// Making the key of the backup of an encrypted volume.
const KEY: &str = "key";
/// Taking a snapshot of a volume in use.
const FREEZE: &str = "freeze";
/// Writing it.
const COPY: &str = "copy";
/// Removing that snapshot.
const RELEASE: &str = "release";
/// Removing that snapshot, and what a copy that gave up has left.
const CLEAN_UP: &str = "clean-up";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Args {
    /// What the volume goes back to; none when a snapshot is backed up.
    before: Option<VolumeStatus>,
    /// Why it failed.
    failure: Option<String>,
}

impl Args {
    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What the phases work on.
struct Subject {
    backup: Backup,
    volume: Volume,
    snapshot: Option<Snapshot>,
    /// What it is an increment of, if that is still there.
    parent: Option<Backup>,
    /// The snapshot that that was made from, if it is still there.
    parent_snapshot: Option<Snapshot>,
    args: Args,
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let subject = match load(tools, operation).await {
        Ok(Some(subject)) => subject,
        Ok(None) => return vanished(),
        Err(error) => return store_failed(&error),
    };
    match operation.phase.as_str() {
        NAME => name(tools, subject),
        KEY => key::step(tools, operation, subject).await,
        FREEZE => copy::freeze(tools, operation, subject, progress).await,
        COPY => copy::copy(tools, operation, subject, progress).await,
        RELEASE => end::release(tools, operation, subject, progress).await,
        CLEAN_UP => end::clean_up(tools, operation, subject, progress).await,
        _ => unknown_phase(operation),
    }
}

/// None when the backup, or what it is of, is gone.
async fn load(tools: &Tools, operation: &OperationRow) -> Result<Option<Subject>, StoreError> {
    let Some(id) = backup::of_key(&operation.resource) else { return Ok(None) };
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return Ok(None) };
    tools
        .store
        .read(move |conn| {
            let Some(backup) = store::backups::get(conn, id)? else { return Ok(None) };
            let snapshot =
                backup.snapshot_id.map(|id| store::snapshots::get(conn, id)).transpose()?.flatten();
            let volume = store::volumes::get(conn, backup.volume_id)?;
            let parent = backup.parent_id.map(|id| store::backups::get(conn, id)).transpose()?.flatten();
            let parent_snapshot =
                parent.as_ref().map(|parent| backup::source_of(conn, parent)).transpose()?;
            let parent_snapshot = parent_snapshot.flatten();
            Ok(volume.map(|volume| Subject { backup, volume, snapshot, parent, parent_snapshot, args }))
        })
        .await
}

fn name(tools: &Tools, subject: Subject) -> Step {
    let Some(keeper) = &tools.keeper else { return give_up(subject.args, NO_KEEPER.to_owned()) };
    let in_use = subject.args.before == Some(VolumeStatus::InUse);
    let freezes = in_use && volume::still::is_possible(tools, &subject.volume);
    let (id, service) = (subject.backup.id, keeper.service());
    let at = keeper.location_of_new(&subject.backup, subject.parent.as_ref());
    let phase = match (subject.backup.encryption_key_id, freezes) {
        (Some(_), _) => KEY,
        (None, true) => FREEZE,
        (None, false) => COPY,
    };
    Step::Advance {
        next: Next::Phase(phase),
        args: None,
        change: Box::new(move |conn| {
            if freezes {
                let edit = Edit { temp_snapshot_id: Some(Some(temporary(id))), ..Edit::default() };
                store::backups::edit(conn, id, &edit)?;
            }
            store::backups::set_location(conn, id, service, &at.container, &at.prefix)
        }),
    }
}

/// Why a process cannot go on with backups.
const NO_KEEPER: &str = "this process keeps no backups";
/// Why it cannot read the volume.
const NO_BACKEND: &str = "the volume's backend is not one of the process that keeps backups";

fn give_up(args: Args, why: String) -> Step {
    let args = Args { failure: Some(why), ..args };
    Step::Advance { next: Next::Phase(CLEAN_UP), args: Some(args.to_json()), change: Box::new(|_| Ok(())) }
}

fn backend<'t>(tools: &'t Tools, volume: &Volume) -> Option<&'t Backend> {
    volume::backend(volume).and_then(|host| tools.backends.get(host))
}

/// The snapshot that a volume in use is read from: its name derives from the backup's.
fn temporary(id: BackupId) -> SnapshotId {
    SnapshotId::from_uuid(id.uuid())
}
