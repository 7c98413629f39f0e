//! Changing what a policy says.

use model::backup_policy::{Targets, Terms};
use model::{BackupPolicy, BackupPolicyId, VolumeId, VolumeTypeId};

use super::{check, find, reckon};
use crate::{Desk, Refused, Requester};

/// What is to change. None leaves a thing as it is.
#[derive(Clone, Default)]
pub struct Change {
    /// The volumes that it is for.
    pub volumes: Option<Vec<VolumeId>>,
    /// The types.
    pub types: Option<Vec<VolumeTypeId>>,
}

/// Changes a policy: `amend` writes into what it says. Backups that build on each other go on doing so; what is kept is
/// looked through anew.
///
/// # Errors
/// A refusal that says why; or the store's own failure.
pub async fn accept(
    desk: &Desk,
    who: &Requester,
    id: BackupPolicyId,
    amend: impl Fn(&mut Terms) + Clone + Send + 'static,
    change: Change,
) -> Result<BackupPolicy, Refused> {
    let who = who.clone();
    let admission = desk.admit(move |conn, _| {
        let before = find(conn, &who, id)?;
        let known = store::backup_policies::targets(conn, id)?;
        let mut policy = before.clone();
        amend(&mut policy.terms);
        let named = Targets {
            volumes: change.volumes.clone().unwrap_or_default(),
            types: change.types.clone().unwrap_or_default(),
        };
        check(conn, &who, &policy.terms, &named)?;
        let targets = Targets {
            volumes: change.volumes.unwrap_or(known.volumes),
            types: change.types.unwrap_or(known.types),
        };
        let now = conn.now();
        let times = |policy: &BackupPolicy| {
            let terms = &policy.terms;
            (terms.enabled, terms.schedule.clone(), terms.verify_schedule.clone())
        };
        if times(&policy) != times(&before) {
            reckon(&mut policy, now);
        }
        policy.updated_at = Some(now);
        store::backup_policies::set(conn, &policy)?;
        store::backup_policies::set_targets(conn, id, &targets)?;
        if policy.terms.keep != before.terms.keep {
            store::backup_policies::set_prune_at(conn, id, Some(now))?;
        }
        Ok(policy)
    });
    admission.await
}
