//! One look at the clock: what has become due is written down, as much of it as there is room for begun, and what no
//! policy wants any more deleted. Any number of processes may look at the same time.

use std::collections::BTreeMap;

use model::backup_policy::{Chore, Due};
use model::{BackupId, BackupPolicy, BackupStatus, Timestamp, VolumeId};
use store::backup_policies::{due, made, made::Made};
use store::operations;
use store::{Conn, StoreError};

use super::{chores, prune};
use crate::{Desk, Refused, backup};

/// Most backups that are under way, whoever asked for them, when a policy adds one: volumes that only wait for their turn
/// can be used meanwhile.
const MAX_BACKUPS: usize = 32;
/// Most verifications that are under way.
const MAX_VERIFICATIONS: usize = 2;
/// How soon after a backup became due is looked what of the earlier ones is wanted no more.
const PRUNE_AFTER_MS: i64 = 60_000;

/// Looks at the clock: the database's, unless a test says what time it is.
///
/// # Errors
/// The store's own; what was done stays done.
pub async fn round(desk: &Desk, time: Option<Timestamp>) -> Result<(), StoreError> {
    desk.store.write(move |conn| strike(conn, time.unwrap_or_else(|| conn.now()))).await?;
    for (chore, kind, most) in [
        (Chore::BackUp, backup::create::KIND, MAX_BACKUPS),
        (Chore::Verify, backup::verify::KIND, MAX_VERIFICATIONS),
    ] {
        let find = move |conn: &Conn<'_>| -> Result<Vec<Due>, StoreError> {
            let room = most.saturating_sub(operations::count_pending(conn, kind)?);
            due::to_try(conn, chore, time.unwrap_or_else(|| conn.now()), room)
        };
        for due in desk.store.read(find).await? {
            begin(desk, due, time).await?;
        }
    }
    prune::all(desk, time).await
}

/// Writes down what is due now, and when each policy comes next.
fn strike(conn: &Conn<'_>, now: Timestamp) -> Result<(), StoreError> {
    for mut policy in store::backup_policies::due(conn, now)? {
        let has_come = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let id = policy.id;
        if has_come(policy.next_run_at) {
            for volume in store::backup_policies::volumes(conn, &policy)? {
                due::add(conn, id, Chore::BackUp, volume.to_string(), now)?;
            }
            policy.next_run_at = policy.terms.schedule.next_after(now);
            policy.last_run_at = Some(now);
            store::backup_policies::set_prune_at(conn, id, Some(now.plus_millis(PRUNE_AFTER_MS)))?;
        }
        if has_come(policy.next_verify_at) {
            for backup in to_verify(conn, &policy)? {
                due::add(conn, id, Chore::Verify, backup.to_string(), now)?;
            }
            policy.next_verify_at = policy.terms.verify_schedule.as_ref().and_then(|it| it.next_after(now));
        }
        store::backup_policies::set(conn, &policy)?;
    }
    Ok(())
}

/// What is verified of each volume: the newest backup, and the one whose turn was longest ago.
fn to_verify(conn: &Conn<'_>, policy: &BackupPolicy) -> Result<Vec<BackupId>, StoreError> {
    let mut of_volumes = BTreeMap::<VolumeId, Vec<Made>>::new();
    for made in made::by(conn, policy.id)? {
        if made.status == BackupStatus::Available {
            of_volumes.entry(made.volume_id).or_default().push(made);
        }
    }
    let of_volume = |newest_first: &Vec<Made>| {
        let newest = newest_first.first().map(|made| made.id);
        let longest_ago = newest_first.iter().min_by_key(|made| (made.checked_at, made.data_timestamp));
        let other = longest_ago.map(|made| made.id).filter(|id| newest != Some(*id));
        newest.into_iter().chain(other)
    };
    Ok(of_volumes.values().flat_map(of_volume).collect())
}

/// Begins one thing, or puts it off.
async fn begin(desk: &Desk, due: Due, time: Option<Timestamp>) -> Result<(), StoreError> {
    let wanted = due.clone();
    let begun = desk.admit(move |conn, settings| chores::admit(conn, settings, &wanted)).await;
    match begun {
        Ok(queue) => queue.into_iter().for_each(|queue| desk.hints.give(&queue)),
        Err(Refused::Store(error)) => return Err(error),
        Err(Refused::Refusal(refusal)) => {
            let why = refusal.to_string();
            let put_off =
                move |conn: &Conn<'_>| chores::put_off(conn, time.unwrap_or_else(|| conn.now()), &due, &why);
            desk.store.write(put_off).await?;
        }
    }
    Ok(())
}
