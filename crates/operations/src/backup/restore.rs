//! Restoring a backup, over a volume that is there or to a new one.
//!
//! ```text
//! over a volume:  accept ──▶ [key] ──▶ write ──▶ available ──▶ [forget]
//!                              │ gives up  │ gives up
//!                              │           └──▶ error ──▶ [forget]
//!                              └──▶ as it was ──▶ forget
//! ```
//!
//! What is encrypted is written as it is. The volume gets a copy of the backup's key, unless its own opens the backup, and
//! loses its own, which nothing needs any more.
//!
//! A new volume is created like any other ([`crate::volume::create`]), with the backup as its source.

mod key;

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{Backup, BackupId, BackupStatus, KeyId, Refusal, Volume, VolumeId, VolumeStatus};
use serde::{Deserialize, Serialize};
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, StoreError};

use super::filling::{Written, begin, end, write};
use super::{invalid, queue_for};
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::messages::{self, About, Detail};
use crate::{Desk, Refused, Requester, SCHEDULER_QUEUE, Settings, Tools, backup, failure, volume};

pub(crate) const KIND: &str = "backup.restore";

/// Making the key of a volume that gets encrypted content.
const KEY: &str = "key";
/// Removing the key that is needed no more.
const FORGET: &str = "forget";
/// Writing the volume.
const WRITE: &str = "write";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Args {
    backup_id: BackupId,
    /// The copy of the backup's key that the volume gets with the content.
    #[serde(default)]
    new_key: Option<KeyId>,
    /// The key that the volume had.
    #[serde(default)]
    old_key: Option<KeyId>,
    /// Why it failed.
    #[serde(default)]
    failure: Option<String>,
}

impl Args {
    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Where to restore to.
#[derive(Debug, Clone)]
pub enum Target {
    /// A volume that is there, whose content is lost.
    Volume(VolumeId),
    /// A new one of this name.
    New(Option<String>),
}

/// Accepts that a backup is to be restored. It is `restoring` when this returns, and the volume `restoring-backup`, or
/// `creating` when it is a new one.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: BackupId, target: Target) -> Result<Volume, Refused> {
    let who = who.clone();
    let (restored, queue) = desk.admit(move |conn, settings| admit(conn, settings, &who, id, target)).await?;
    desk.hints.give(&queue);
    Ok(restored)
}

fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    id: BackupId,
    target: Target,
) -> Result<(Volume, String), Refused> {
    let found = backup::find(conn, who, id)?;
    if found.status != BackupStatus::Available {
        return invalid("Backup status must be available");
    }
    match target {
        Target::Volume(target) => over(conn, settings, who, &found, target),
        Target::New(name) => {
            let name = name.unwrap_or_else(|| format!("restore_backup_{id}"));
            let volume = volume::create::admit_restored(conn, settings, who, &found, name)?;
            Ok((volume, SCHEDULER_QUEUE.to_owned()))
        }
    }
}

fn over(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    found: &Backup,
    target: VolumeId,
) -> Result<(Volume, String), Refused> {
    let volume = volume::find(conn, who, target)?;
    let refused = |why: String| Err(Refusal::InvalidVolume(why).into());
    if volume.status != VolumeStatus::Available {
        return refused("Volume to be restored to must be available".to_owned());
    }
    volume::check_not_held(conn, &volume)?;
    check_encryption(conn, found, &volume)?;
    let (asked, there) = (found.size_gib, volume.size_gib);
    if asked > there {
        return refused(format!("volume size {there} is too small to restore backup of size {asked}."));
    }
    let reads = begin(conn, settings, found, target)?;
    store::volumes::begin_interim(conn, target, VolumeStatus::RestoringBackup)?;
    let queue = queue_for(conn, settings, &found.host, Some(&volume))?;
    let args = Args { backup_id: found.id, new_key: None, old_key: None, failure: None };
    let phase = if found.encryption_key_id.is_some() { KEY } else { WRITE };
    operations::admit(
        conn,
        &NewOperation {
            args: args.to_json(),
            reads,
            ..who.operation(KIND, volume::key(target), queue.clone(), phase)
        },
    )?;
    Ok((volume, queue))
}

/// Encrypted content goes only where the type says how it is opened, and other content only where it says nothing.
fn check_encryption(conn: &Conn<'_>, found: &Backup, volume: &Volume) -> Result<(), Refused> {
    let refused = |why: String| Err(Refusal::InvalidVolume(why).into());
    let source = store::volumes::get(conn, found.volume_id)?;
    let is_encrypted = found.encryption_key_id.is_some();
    if let Some(source) =
        source.filter(|source| is_encrypted && source.volume_type_id != volume.volume_type_id)
    {
        return refused(format!(
            "The source volume type '{}' is different than the destination volume type '{}'.",
            source.volume_type_id, volume.volume_type_id
        ));
    }
    match (is_encrypted, volume.encryption_key_id.is_some()) {
        (true, false) => {
            refused(format!("backup {} is encrypted, and volume {} is not.", found.id, volume.id))
        }
        (false, true) => {
            refused(format!("volume {} is encrypted, and backup {} is not.", volume.id, found.id))
        }
        _ => Ok(()),
    }
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    if operation.phase == FORGET {
        return key::forget(tools, operation, args).await;
    }
    let volume = match volume::load(&tools.store, &operation.resource).await {
        Ok(Some(volume)) => volume,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    match operation.phase.as_str() {
        KEY => key::make(tools, operation, &volume, args).await,
        WRITE => fill(tools, operation, &volume, args, progress).await,
        _ => unknown_phase(operation),
    }
}

async fn fill(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    progress: &Progress,
) -> Step {
    if operation.abandoned {
        return failed(operation, volume, args, GIVEN_UP.to_owned());
    }
    match write(tools, operation, volume, args.backup_id, progress).await {
        Written::Done(edit) => finish(volume, args, edit),
        Written::Failed(why) => failed(operation, volume, args, why),
        Written::Not(step) => step,
    }
}

fn finish(volume: &Volume, args: Args, edit: store::volumes::Edit) -> Step {
    let (id, backup_id, new_key) = (volume.id, args.backup_id, args.new_key);
    let args = Args { old_key: volume.encryption_key_id, ..args };
    Step::Advance {
        next: if new_key.is_some() { Next::Phase(FORGET) } else { Next::Done },
        args: Some(args.to_json()),
        change: Box::new(move |conn| {
            store::volumes::edit(conn, id, &edit)?;
            if new_key.is_some() {
                store::volumes::set_key(conn, id, new_key)?;
            }
            let (interim, to) = (VolumeStatus::RestoringBackup, VolumeStatus::Available);
            store::volumes::end_interim(conn, id, interim, interim, to)?;
            end(conn, backup_id, id)
        }),
    }
}

/// Nothing was written: the volume is as it was.
fn give_up(operation: &OperationRow, volume: &Volume, args: Args, why: String) -> Step {
    let (operation, volume) = (operation.clone(), volume.clone());
    Step::Decide(Box::new(move |conn| end_untouched(conn, &operation, &volume, args, why)))
}

fn end_untouched(
    conn: &Conn<'_>,
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    why: String,
) -> Result<(Next, Option<String>), StoreError> {
    end_in_vain(conn, operation, volume.id, &args, VolumeStatus::Available, &why)?;
    // A key may have been made and not noted.
    Ok((Next::Phase(FORGET), Some(Args { failure: Some(why), ..args }.to_json())))
}

/// The volume is neither what it was nor what it should be.
fn failed(operation: &OperationRow, volume: &Volume, args: Args, why: String) -> Step {
    let (id, operation) = (volume.id, operation.clone());
    let args = Args { failure: Some(why.clone()), ..args };
    Step::Advance {
        next: if args.new_key.is_some() { Next::Phase(FORGET) } else { Next::Failed(why.clone()) },
        args: Some(args.to_json()),
        change: Box::new(move |conn| end_in_vain(conn, &operation, id, &args, VolumeStatus::Error, &why)),
    }
}

fn end_in_vain(
    conn: &Conn<'_>,
    operation: &OperationRow,
    id: VolumeId,
    args: &Args,
    to: VolumeStatus,
    why: &str,
) -> Result<(), StoreError> {
    let interim = VolumeStatus::RestoringBackup;
    store::volumes::end_interim(conn, id, interim, interim, to)?;
    end(conn, args.backup_id, id)?;
    let told = Detail::Backend(why.to_owned());
    messages::write(conn, operation, About::Volume, Action::BackupRestore, &told)
}
