//! The key of the backup of an encrypted volume: one of its own, so that the backup can be read when the volume is gone.

use ledger::{Next, Step};
use store::operations::OperationRow;

use super::{COPY, FREEZE, Subject, give_up};
use crate::failure::GIVEN_UP;
use crate::{Tools, failure, keys};

pub(super) async fn step(tools: &Tools, operation: &OperationRow, subject: Subject) -> Step {
    let Subject { backup, volume, snapshot, args, .. } = subject;
    if operation.abandoned {
        return give_up(args, GIVEN_UP.to_owned());
    }
    let next = Next::Phase(if backup.temp_snapshot_id.is_some() { FREEZE } else { COPY });
    let of_snapshot = snapshot.and_then(|snapshot| snapshot.encryption_key_id);
    let Some(of) = of_snapshot.or(volume.encryption_key_id) else {
        return give_up(args, "the volume has no key".to_owned());
    };
    let Some(manager) = &tools.keys else { return give_up(args, keys::NO_MANAGER.to_owned()) };
    let (id, name) = (backup.id, keys::name_of_backup(backup.id));
    let ask = move |keys: &dyn ports::KeyManager| keys.ensure_copy(&name, of);
    match tools.effects.ask_for_keys(&operation.resource, manager, ask).await {
        Ok(key) => Step::Advance {
            next,
            args: None,
            change: Box::new(move |conn| store::backups::set_key(conn, id, key)),
        },
        Err(error) => failure::again_after(operation, &tools.settings, error.to_string(), error.may_pass())
            .unwrap_or_else(|why| give_up(args, why)),
    }
}
