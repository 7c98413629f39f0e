//! Deleting the backups that a policy made and wants no more.

use std::collections::BTreeMap;

use model::backup_policy::Verdict;
use model::retention::{Held, Worth};
use model::{BackupId, BackupPolicy, BackupPolicyId, BackupStatus, Timestamp, VolumeId};
use store::backup_policies::{made, made::Made};
use store::{Conn, StoreError};

use super::in_name_of;
use crate::backup::delete;
use crate::{Desk, Refused};

/// How soon is looked again while something is on its way.
const LOOK_AGAIN_MS: i64 = 60_000;
/// How long after it failed a deletion is tried again.
const DELETE_AGAIN_MS: i64 = 3_600_000;

/// Goes through the policies whose time it is.
///
/// # Errors
/// The store's own.
pub(super) async fn all(desk: &Desk, time: Option<Timestamp>) -> Result<(), StoreError> {
    let find = move |conn: &Conn<'_>| {
        let now = time.unwrap_or_else(|| conn.now());
        store::backup_policies::to_prune(conn, now)
    };
    for policy in desk.store.read(find).await? {
        of_policy(desk, &policy, time).await?;
    }
    Ok(())
}

async fn of_policy(desk: &Desk, policy: &BackupPolicy, time: Option<Timestamp>) -> Result<(), StoreError> {
    let id = policy.id;
    let look =
        move |conn: &Conn<'_>| Ok::<_, StoreError>((time.unwrap_or_else(|| conn.now()), made::by(conn, id)?));
    let (now, made) = desk.store.read(look).await?;
    let mut of_volumes = BTreeMap::<VolumeId, Vec<Made>>::new();
    for backup in made {
        of_volumes.entry(backup.volume_id).or_default().push(backup);
    }
    let mut hints = Vec::new();
    for (volume, made) in of_volumes {
        if unwanted(policy, &made, now).is_empty() {
            continue;
        }
        // Looked at again where it is decided: somebody may have deleted another one meanwhile.
        let admission = desk.admit(move |conn, settings| {
            let Some(policy) = store::backup_policies::get(conn, id)? else { return Ok(Vec::new()) };
            let now = time.unwrap_or_else(|| conn.now());
            let gone = unwanted(&policy, &made::of_volume(conn, id, volume)?, now);
            let mut queues = Vec::new();
            for backup in gone.into_iter().filter_map(|id| store::backups::get(conn, id).transpose()) {
                let backup = backup?;
                let who = in_name_of(&policy, &backup.project_id);
                queues.push(delete::admit(conn, settings, &who, backup.id, true)?);
            }
            Ok(queues)
        });
        match admission.await {
            Ok(queues) => hints.extend(queues),
            Err(Refused::Store(error)) => return Err(error),
            Err(Refused::Refusal(refusal)) => {
                tracing::warn!(policy = %id, volume = %volume, why = %refusal, "old backups stay");
            }
        }
    }
    desk.store.write(move |conn| note_next(conn, id, time.unwrap_or_else(|| conn.now()))).await?;
    hints.iter().for_each(|queue| desk.hints.give(queue));
    Ok(())
}

/// Looks again while something is on its way, and else when there is something new.
fn note_next(conn: &Conn<'_>, id: BackupPolicyId, now: Timestamp) -> Result<(), StoreError> {
    let is_moving = made::by(conn, id)?.iter().any(|made| made.status.is_transitional());
    store::backup_policies::set_prune_at(conn, id, is_moving.then(|| now.plus_millis(LOOK_AGAIN_MS)))
}

/// What a policy wants no more of what it made of one volume.
fn unwanted(policy: &BackupPolicy, made: &[Made], now: Timestamp) -> Vec<BackupId> {
    let held = |made: &Made| Held {
        id: made.id,
        at: made.data_timestamp,
        worth: worth(made, now),
        dependents: made.dependents,
    };
    policy.terms.keep.unwanted(&made.iter().map(held).collect::<Vec<_>>())
}

fn worth(made: &Made, now: Timestamp) -> Worth {
    let failed_long_ago =
        made.updated_at.is_none_or(|failed_at| now.since(failed_at) / 1000 >= DELETE_AGAIN_MS);
    match made.status {
        BackupStatus::Available if made.verdict == Some(Verdict::Damaged) => Worth::Damaged,
        BackupStatus::Available => Worth::Good,
        BackupStatus::Error => Worth::Failed,
        BackupStatus::ErrorDeleting if failed_long_ago => Worth::Failed,
        BackupStatus::ErrorDeleting
        | BackupStatus::Creating
        | BackupStatus::Restoring
        | BackupStatus::Deleting
        | BackupStatus::Deleted => Worth::Busy,
    }
}
