//! Policies of backups: volumes are backed up by a schedule, their backups thinned out, and verified.
//!
//! A policy whose time has come writes down what is due, and when it comes next, in one transaction; each thing that is
//! due is then admitted and taken off that list in one transaction of its own. So whoever looks first does it, a process
//! that dies leaves a list with which the next one goes on, and what was missed while none ran is done once. Times are by
//! the database's clock, schedules in UTC.

pub mod create;
pub mod delete;
pub mod look;
pub mod round;
pub mod run;
pub mod update;

mod chores;
mod prune;

use std::sync::Arc;

use model::backup_policy::{Targets, Terms};
use model::retention::Keep;
use model::{BackupPolicy, BackupPolicyId, ProjectId, Refusal, Timestamp};
use store::Conn;

use crate::{Refused, Requester, volume};

/// Most policies of a project.
pub const MAX_POLICIES: u64 = 100;
/// Most volumes, and most types, that one policy names.
pub const MAX_TARGETS: usize = 1000;
/// Most backups that build on each other.
pub const MAX_CHAIN: u64 = 1000;
/// Most backups that are kept of each kind.
pub const MAX_KEPT: u64 = 100_000;

/// Finds a policy that the requester may touch.
///
/// # Errors
/// Not found, or not allowed; or the store's own failure.
pub fn find(conn: &Conn<'_>, who: &Requester, id: BackupPolicyId) -> Result<BackupPolicy, Refused> {
    let found = store::backup_policies::get(conn, id)?.filter(|policy| who.sees(&policy.project_id));
    let policy = found.ok_or_else(|| Refusal::Absent(format!("Backup policy {id} could not be found.")))?;
    (who.may)(&policy.project_id, &policy.user_id)?;
    Ok(policy)
}

/// Whether `terms` can be held to, and `targets` are there for the requester.
fn check(conn: &Conn<'_>, who: &Requester, terms: &Terms, targets: &Targets) -> Result<(), Refused> {
    if terms.all_projects && !who.is_admin {
        return Err(Refusal::Forbidden("Only an administrator backs up every project.".to_owned()).into());
    }
    if !(1..=MAX_CHAIN).contains(&terms.full_every) {
        return invalid(format!("full_every is 1 to {MAX_CHAIN}, and not {}.", terms.full_every));
    }
    let Keep { last, hourly, daily, weekly, monthly, yearly } = terms.keep;
    if let Some(many) = [last, hourly, daily, weekly, monthly, yearly].into_iter().find(|it| *it > MAX_KEPT) {
        return invalid(format!("At most {MAX_KEPT} backups of each kind are kept, and not {many}."));
    }
    let longest = targets.volumes.len().max(targets.types.len());
    if longest > MAX_TARGETS {
        return invalid(format!("A policy names at most {MAX_TARGETS} volumes or types, and not {longest}."));
    }
    targets.volumes.iter().try_for_each(|id| volume::find(conn, who, *id).map(drop))?;
    targets.types.iter().try_for_each(|id| match store::volume_types::get(conn, *id)? {
        Some(_) => Ok(()),
        None => Err(Refusal::not_found(model::refusal::Noun::VolumeType, id).into()),
    })
}

/// Sets when a policy comes next, reckoned from `now`.
fn reckon(policy: &mut BackupPolicy, now: Timestamp) {
    let terms = policy.terms.enabled.then_some(&policy.terms);
    policy.next_run_at = terms.and_then(|terms| terms.schedule.next_after(now));
    policy.next_verify_at = terms.and_then(|terms| terms.verify_schedule.as_ref()?.next_after(now));
}

/// Who asks for what a policy does: its user, in the project of the volume.
fn in_name_of(policy: &BackupPolicy, project: &ProjectId) -> Requester {
    Requester {
        user_id: policy.user_id.clone(),
        project_id: project.clone(),
        request_id: None,
        is_admin: false,
        may: Arc::new(|_, _| Ok(())),
    }
}

fn invalid<T>(why: String) -> Result<T, Refused> {
    Err(Refusal::InvalidInput(why).into())
}
