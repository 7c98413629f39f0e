//! Verifying a backup: reading all of it, or restoring it for a test, and keeping what that proved.
//!
//! ```text
//! admit ──▶ read ──▶ a proof: good, damaged, or unknown when the store gave up
//! ```
//!
//! The backup is only read: it can be restored meanwhile, and whoever deletes it waits.

use std::fs::File;
use std::path::Path;

use ::backup::chunked::Layer;
use ::backup::{BackupError, Depth};
use ledger::{Next, Progress, Step};
use model::backup_policy::{Proof, Verdict, VerifyBy};
use model::message::Action;
use model::{Backup, BackupId, BackupStatus};
use ports::volume::FileDisk;
use ports::{DriverError, Work};
use serde::{Deserialize, Serialize};
use store::backup_policies::made;
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, StoreError};

use super::{Keeper, keeper, queue_for};
use crate::cause::Cause;
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::messages::{self, About, Detail};
use crate::{Settings, Tools, backup, failure};

pub(crate) const KIND: &str = "backup.verify";

/// Reading it.
const READ: &str = "read";

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Args {
    backup_id: BackupId,
    verify_by: VerifyBy,
}

/// Admits it, unless it is being verified already; answers with the queue to hint at.
///
/// # Errors
/// The store's own.
pub(crate) fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    cause: &Cause,
    found: &Backup,
    verify_by: VerifyBy,
) -> Result<Option<String>, StoreError> {
    let resource = format!("proof/{}", found.id);
    let Some(chain) = store::backups::chain(conn, found.id)? else { return Ok(None) };
    if found.status != BackupStatus::Available || operations::holder(conn, &resource)?.is_some() {
        return Ok(None);
    }
    let queue = queue_for(conn, settings, &found.host, None)?;
    let args = serde_json::to_string(&Args { backup_id: found.id, verify_by }).unwrap_or_default();
    let reads = chain.iter().map(|backup| backup::key(backup.id)).collect();
    let new = cause.operation(KIND, resource, queue.clone(), READ);
    operations::admit(conn, &NewOperation { args, reads, ..new })?;
    Ok(Some(queue))
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    if operation.phase != READ {
        return unknown_phase(operation);
    }
    let id = args.backup_id;
    let chain = match tools.store.read(move |conn| store::backups::chain(conn, id)).await {
        Ok(Some(chain)) => chain,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    if operation.abandoned {
        return proven(operation, args, Verdict::Unknown, Some(GIVEN_UP.to_owned()));
    }
    let Some(keeper) = tools.keeper.clone() else {
        return proven(operation, args, Verdict::Unknown, Some("this process keeps no backups".to_owned()));
    };
    if let Some(other) = chain.iter().find(|backup| !keeper.knows(backup.service.as_deref())) {
        let why = format!("backup {} lies in another store than {}", other.id, keeper.service());
        return proven(operation, args, Verdict::Unknown, Some(why));
    }
    let Some(layers) = keeper::layers(&chain) else {
        let why = "it has no place in the store".to_owned();
        return proven(operation, args, Verdict::Unknown, Some(why));
    };
    let looked = tools.effects.work(&operation.resource, progress, move |work| {
        match look(&keeper, id, &layers, args.verify_by, work) {
            Ok(()) => Ok(None),
            Err(error @ (BackupError::Damaged { .. } | BackupError::Differs { .. })) => {
                Ok(Some(error.to_string()))
            }
            Err(error) => Err(DriverError::from(error)),
        }
    });
    match looked.await {
        Ok(None) => proven(operation, args, Verdict::Good, None),
        Ok(Some(why)) => proven(operation, args, Verdict::Damaged, Some(why)),
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| proven(operation, args, Verdict::Unknown, Some(why))),
    }
}

/// Reads the last of `layers` and what it builds on.
fn look(
    keeper: &Keeper,
    id: BackupId,
    layers: &[Layer],
    verify_by: VerifyBy,
    work: &Work,
) -> Result<(), BackupError> {
    let engine = &keeper.engine;
    match verify_by {
        VerifyBy::Hashes => {
            // Each is whole by itself in our own format.
            let whole = layers.last().filter(|last| ::backup::packed::is_packed(&last.at));
            let read = whole.map_or(layers, std::slice::from_ref);
            read.iter().try_for_each(|layer| engine.verify(layer, Depth::Deep, work).map(drop))
        }
        VerifyBy::Restore => {
            let size_bytes = engine.size_bytes(layers)?;
            let failed = |source| BackupError::Disk {
                what: format!("a scratch file in {}", keeper.scratch.display()),
                source,
            };
            let disk = scratch_file(&keeper.scratch, id, size_bytes).map_err(failed)?;
            engine.restore(layers, &disk, work).map(drop)
        }
    }
}

/// A file of zeros that is gone when it is closed. What a process that died here has left is made anew.
fn scratch_file(directory: &Path, id: BackupId, size_bytes: u64) -> std::io::Result<FileDisk> {
    std::fs::create_dir_all(directory)?;
    let path = directory.join(format!(".verify-{id}"));
    let file = File::options().read(true).write(true).create(true).truncate(true).open(&path)?;
    std::fs::remove_file(&path)?;
    file.set_len(size_bytes)?;
    FileDisk::new(file)
}

/// Keeps what was proven. Unless that is that it is good, its owner is told.
fn proven(operation: &OperationRow, args: Args, verdict: Verdict, why: Option<String>) -> Step {
    let (row, id) = (operation.clone(), args.backup_id);
    let next = match (verdict, &why) {
        (Verdict::Good, _) | (_, None) => Next::Done,
        (_, Some(why)) => Next::Failed(why.clone()),
    };
    let proof = move |conn: &Conn<'_>| -> Result<(), StoreError> {
        let proof = Proof {
            backup_id: id,
            checked_at: conn.now(),
            verify_by: args.verify_by,
            verdict,
            why: why.clone(),
        };
        made::prove(conn, &proof)?;
        let Some(why) = why else { return Ok(()) };
        let of_backup = OperationRow { resource: backup::key(id), ..row };
        let told = match verdict {
            Verdict::Good | Verdict::Damaged => why,
            Verdict::Unknown => format!("it could not be found out whether it is whole: {why}"),
        };
        messages::write(conn, &of_backup, About::Backup, Action::BackupVerify, &Detail::Backend(told))
    };
    Step::Advance { next, args: None, change: Box::new(proof) }
}
