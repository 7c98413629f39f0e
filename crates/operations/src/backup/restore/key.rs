//! The key of a volume that is written over with what is encrypted under another: a copy of the backup's takes its place.

use ledger::{Next, Step};
use model::{KeyId, Volume};
use store::operations::OperationRow;
use store::{Conn, StoreError};

use super::{Args, WRITE, give_up};
use crate::backup::filling::{self, Facts};
use crate::backup::volume_data;
use crate::failure::GIVEN_UP;
use crate::{Tools, failure, keys};

/// Which key opens the backup.
#[derive(Clone, Copy)]
enum Found {
    /// The volume's own.
    Same,
    /// This copy, which is the volume's once it is written.
    Other(KeyId),
}

/// What the key is called: it is this operation's until the volume has it.
fn name(operation: &OperationRow) -> String {
    format!("restore-{}", operation.id)
}

/// Makes it, unless the volume's own opens the backup. Nothing has been written yet.
pub(super) async fn make(tools: &Tools, operation: &OperationRow, volume: &Volume, args: Args) -> Step {
    if operation.abandoned {
        return give_up(operation, volume, args, GIVEN_UP.to_owned());
    }
    let facts = match filling::facts(tools, operation, args.backup_id).await {
        Facts::Found { backup, data } => {
            let checked = data.map_or(Ok(()), |data| volume_data::apply(&data, volume).map(drop));
            checked.map(|()| backup).map_err(|error| error.to_string())
        }
        Facts::Failed(why) => Err(why),
        Facts::Not(step) => return step,
    };
    let backup = match facts {
        Ok(backup) => backup,
        Err(why) => return give_up(operation, volume, args, why),
    };
    let (Some(of_backup), Some(of_volume)) = (backup.encryption_key_id, volume.encryption_key_id) else {
        return give_up(operation, volume, args, "the volume, or the backup, has no key".to_owned());
    };
    let Some(manager) = &tools.keys else {
        return give_up(operation, volume, args, keys::NO_MANAGER.to_owned());
    };
    let name = name(operation);
    let found = tools.effects.ask_for_keys(&operation.resource, manager, move |keys| {
        let is_same = |key: &ports::keys::Key| {
            keys.get(of_volume).map(|own| own.secret.expose() == key.secret.expose())
        };
        match is_same(&keys.get(of_backup)?)? {
            true => Ok(Found::Same),
            false => keys.ensure_copy(&name, of_backup).map(Found::Other),
        }
    });
    match found.await {
        Ok(found) => decide(operation.clone(), volume.clone(), args, found),
        Err(error) => failure::again_after(operation, &tools.settings, error.to_string(), error.may_pass())
            .unwrap_or_else(|why| give_up(operation, volume, args, why)),
    }
}

fn decide(operation: OperationRow, volume: Volume, args: Args, found: Found) -> Step {
    Step::Decide(Box::new(move |conn| {
        let Found::Other(key) = found else { return Ok((Next::Phase(WRITE), None)) };
        if keeps_snapshots(conn, &volume)? {
            let why =
                format!("volume {} has snapshots that only the key opens which it would lose", volume.id);
            return super::end_untouched(conn, &operation, &volume, args, why);
        }
        let args = Args { new_key: Some(key), ..args };
        Ok((Next::Phase(WRITE), Some(args.to_json())))
    }))
}

fn keeps_snapshots(conn: &Conn<'_>, volume: &Volume) -> Result<bool, StoreError> {
    let snapshots = store::snapshots::of_volume(conn, volume.id)?;
    Ok(snapshots.iter().any(|snapshot| snapshot.encryption_key_id == volume.encryption_key_id))
}

/// Removes the key that the volume no longer has, or the one that it has not got after all.
pub(super) async fn forget(tools: &Tools, operation: &OperationRow, args: Args) -> Step {
    let next = args.failure.clone().map_or(Next::Done, Next::Failed);
    if let Some(manager) = &tools.keys {
        let (name, old) = (name(operation), args.old_key);
        let removed = tools.effects.ask_for_keys(&operation.resource, manager, move |keys| match old {
            Some(old) => keys.remove(old),
            None => keys.remove_named(&name),
        });
        if let Err(error) = removed.await {
            match failure::again_after(operation, &tools.settings, error.to_string(), error.may_pass()) {
                Ok(step) => return step,
                Err(why) => {
                    tracing::error!(operation = %operation.id, why, "a key that nothing needs is left")
                }
            }
        }
    }
    Step::Advance { next, args: None, change: Box::new(|_| Ok(())) }
}
