//! What a policy does to one volume or backup.

use model::backup_policy::{Chore, Due, Verdict};
use model::message::Action;
use model::{BackupId, BackupPolicy, BackupStatus, Metadata, Timestamp, Volume, VolumeId, limits};
use store::backup_policies::{due, made};
use store::{Conn, StoreError};

use super::in_name_of;
use crate::backup::{create, verify};
use crate::cause::Cause;
use crate::messages::{self, About, Detail};
use crate::{Refused, Settings, backup_queue};

/// How long what is refused waits before it is tried again.
const TRY_AGAIN_MS: i64 = 60_000;
/// How long it is tried, from the first refusal on.
const PATIENCE_MS: i64 = 3_600_000;
/// Under which key a backup names the policy that made it.
const METADATA_KEY: &str = "backup_policy_id";

/// Takes a thing off the list and admits the operation that does it, in one transaction; answers with the queue to hint
/// at. Nothing happens to what is gone, or somebody else has begun.
pub(super) fn admit(conn: &Conn<'_>, settings: &Settings, wanted: &Due) -> Result<Option<String>, Refused> {
    if !due::take(conn, wanted)? {
        return Ok(None);
    }
    let policy = store::backup_policies::get(conn, wanted.policy_id)?.filter(|policy| policy.terms.enabled);
    let Some(policy) = policy else { return Ok(None) };
    match wanted.chore {
        Chore::BackUp => back_up(conn, settings, &policy, wanted),
        Chore::Verify => verify(conn, settings, &policy, wanted),
    }
}

fn back_up(
    conn: &Conn<'_>,
    settings: &Settings,
    policy: &BackupPolicy,
    wanted: &Due,
) -> Result<Option<String>, Refused> {
    let Some(volume) = volume(conn, wanted)? else { return Ok(None) };
    let parent_id = parent(conn, policy, volume.id)?;
    let pair = (METADATA_KEY.to_owned(), policy.id.to_string());
    let request = create::Create {
        volume_id: volume.id,
        snapshot_id: None,
        name: Some(name(policy, conn.now())),
        description: None,
        container: None,
        incremental: parent_id.is_some(),
        parent_id,
        force: true,
        metadata: Metadata::from_iter([pair]),
        availability_zone: None,
    };
    let made = create::admit(conn, settings, &in_name_of(policy, &volume.project_id), request)?;
    made::note(conn, policy.id, made.id)?;
    Ok(Some(backup_queue(&made.host)))
}

fn verify(
    conn: &Conn<'_>,
    settings: &Settings,
    policy: &BackupPolicy,
    wanted: &Due,
) -> Result<Option<String>, Refused> {
    let id = wanted.target.parse::<BackupId>().ok();
    let Some(found) = id.map(|id| store::backups::get(conn, id)).transpose()?.flatten() else {
        return Ok(None);
    };
    let cause =
        Cause { project_id: found.project_id.clone(), user_id: policy.user_id.clone(), request_id: None };
    Ok(verify::admit(conn, settings, &cause, &found, policy.terms.verify_by)?)
}

/// The newest backup of the volume that this policy made, if one more may build on it. After one that failed or is
/// damaged, the next is full.
fn parent(conn: &Conn<'_>, policy: &BackupPolicy, volume: VolumeId) -> Result<Option<BackupId>, StoreError> {
    let made = made::of_volume(conn, policy.id, volume)?;
    let Some(newest) = made.first().filter(|made| made.status == BackupStatus::Available) else {
        return Ok(None);
    };
    let Some(chain) = store::backups::chain(conn, newest.id)? else { return Ok(None) };
    let is_damaged = |id: BackupId| made.iter().any(|it| it.id == id && it.verdict == Some(Verdict::Damaged));
    let may_grow = (chain.len() as u64) < policy.terms.full_every;
    let is_sound = !chain.iter().any(|backup| is_damaged(backup.id));
    Ok((may_grow && is_sound).then_some(newest.id))
}

/// Puts a thing off that was refused. What was refused for too long is given up, and its owner told why.
pub(super) fn put_off(conn: &Conn<'_>, now: Timestamp, refused: &Due, why: &str) -> Result<(), StoreError> {
    let waited_ms = refused.refused_at.map_or(0, |since| now.since(since) / 1000);
    if waited_ms < PATIENCE_MS {
        return due::put_off(conn, refused, now, now.plus_millis(TRY_AGAIN_MS), why);
    }
    if !due::take(conn, refused)? {
        return Ok(());
    }
    let Some(volume) = volume(conn, refused)? else { return Ok(()) };
    let minutes = waited_ms / 60_000;
    let told = format!("backup policy {} could not for {minutes} minutes: {why}", refused.policy_id);
    let subject = (volume.project_id, None, refused.target.clone());
    messages::tell(conn, subject, About::Volume, Action::BackupCreate, &Detail::Backend(told))
}

fn volume(conn: &Conn<'_>, due: &Due) -> Result<Option<Volume>, StoreError> {
    let id = due.target.parse().ok().filter(|_| due.chore == Chore::BackUp);
    Ok(id.map(|id| store::volumes::get(conn, id)).transpose()?.flatten())
}

/// What the policy made, and when: `nightly 2026-11-21T02:00`.
fn name(policy: &BackupPolicy, now: Timestamp) -> String {
    let when: String = now.to_string().chars().take("2026-11-21T02:00".len()).collect();
    let room = limits::MAX_NAME_CHARS.saturating_sub(when.len() + 1);
    let of: String = policy.terms.name.as_deref().unwrap_or("policy").chars().take(room).collect();
    format!("{of} {when}")
}
