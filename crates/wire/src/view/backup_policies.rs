//! Policies of backups, what they are about to do, and what they made.

use model::backup_policy::{Due, Targets, Verdict};
use model::{BackupId, BackupPolicy, BackupStatus, Timestamp, VolumeId};

use super::{list, one};
use crate::json::write::{Json, Object, object};
use crate::links::Around;

/// A backup that a policy made, and what was proven of it.
#[derive(Debug, Clone)]
pub struct Made<'a> {
    /// The backup.
    pub id: BackupId,
    /// The volume that it is of.
    pub volume_id: VolumeId,
    /// What it is an increment of.
    pub parent_id: Option<BackupId>,
    /// When the volume had this content.
    pub data_timestamp: Timestamp,
    /// What it is doing.
    pub status: BackupStatus,
    /// What was found when it was last verified.
    pub verdict: Option<Verdict>,
    /// When that was.
    pub checked_at: Option<Timestamp>,
    /// What is wrong with it.
    pub why: Option<&'a str>,
}

/// `{"backup_policy": {…}}`, with what it has not begun yet.
#[must_use]
pub fn policy(shown: &BackupPolicy, targets: &Targets, due: &[Due]) -> Vec<u8> {
    one("backup_policy", |pairs| {
        write_policy(pairs, shown, targets);
        pairs.array("due", due, |out, due| object(out, |pairs| write_due(pairs, due)));
    })
}

/// `{"backup_policies": [{…}]}`
#[must_use]
pub fn policies<'a>(shown: impl IntoIterator<Item = (&'a BackupPolicy, &'a Targets)>) -> Vec<u8> {
    let item = |out: &mut Vec<u8>, (policy, targets): (&BackupPolicy, &Targets)| {
        object(out, |pairs| write_policy(pairs, policy, targets));
    };
    list("backup_policies", "backup_policies_links", shown, item, &Around::default())
}

/// `{"backups": [{…}]}`
#[must_use]
pub fn made<'a>(shown: impl IntoIterator<Item = Made<'a>>) -> Vec<u8> {
    let item = |out: &mut Vec<u8>, made: Made<'_>| object(out, |pairs| write_made(pairs, &made));
    list("backups", "backups_links", shown, item, &Around::default())
}

fn write_policy(pairs: &mut Object<'_>, shown: &BackupPolicy, targets: &Targets) {
    let (terms, keep) = (&shown.terms, shown.terms.keep);
    let write = |out: &mut Vec<u8>, id: &dyn Json| id.write(out);
    pairs
        .put("id", shown.id)
        .put("project_id", &shown.project_id)
        .put("user_id", &shown.user_id)
        .put("name", terms.name.as_deref())
        .put("description", terms.description.as_deref())
        .put("enabled", terms.enabled)
        .put("all_projects", terms.all_projects)
        .put("schedule", terms.schedule.to_string())
        .put("full_every", terms.full_every)
        .object("keep", |pairs| {
            pairs
                .put("last", keep.last)
                .put("hourly", keep.hourly)
                .put("daily", keep.daily)
                .put("weekly", keep.weekly)
                .put("monthly", keep.monthly)
                .put("yearly", keep.yearly);
        })
        .put("verify_schedule", terms.verify_schedule.as_ref().map(ToString::to_string))
        .put("verify_by", terms.verify_by.as_str())
        .array("volumes", &targets.volumes, |out, id| write(out, id))
        .array("volume_types", &targets.types, |out, id| write(out, id))
        .put("next_run_at", shown.next_run_at)
        .put("next_verify_at", shown.next_verify_at)
        .put("last_run_at", shown.last_run_at)
        .put("created_at", shown.created_at)
        .put("updated_at", shown.updated_at);
}

fn write_due(pairs: &mut Object<'_>, due: &Due) {
    pairs
        .put("resource_type", due.chore.as_str())
        .put("resource_id", due.target.as_str())
        .put("due_at", due.due_at)
        .put("refused_at", due.refused_at)
        .put("why", due.why.as_deref());
}

fn write_made(pairs: &mut Object<'_>, made: &Made<'_>) {
    pairs
        .put("id", made.id)
        .put("volume_id", made.volume_id)
        .put("parent_id", made.parent_id)
        .put("status", made.status)
        .put("data_timestamp", made.data_timestamp)
        .put("verdict", made.verdict.map(Verdict::as_str))
        .put("verified_at", made.checked_at)
        .put("why", made.why);
}
