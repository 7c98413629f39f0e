//! Making a policy.

use model::backup_policy::{Targets, Terms};
use model::{BackupPolicy, BackupPolicyId, Refusal};

use super::{MAX_POLICIES, check, reckon};
use crate::{Desk, Refused, Requester};

/// Makes a policy of the requester's project. It first comes at the next time of its schedule.
///
/// # Errors
/// A refusal that says why; or the store's own failure.
pub async fn accept(
    desk: &Desk,
    who: &Requester,
    terms: Terms,
    targets: Targets,
) -> Result<BackupPolicy, Refused> {
    let who = who.clone();
    let admission = desk.admit(move |conn, _| {
        (who.may)(&who.project_id, &who.user_id)?;
        let there = store::backup_policies::count(conn, &who.project_id)?;
        if there >= MAX_POLICIES {
            let why = format!("The project has {there} backup policies, and may have {MAX_POLICIES}.");
            return Err(Refusal::Conflict(why).into());
        }
        check(conn, &who, &terms, &targets)?;
        let now = conn.now();
        let mut policy = BackupPolicy {
            id: BackupPolicyId::random(),
            project_id: who.project_id.clone(),
            user_id: who.user_id.clone(),
            terms,
            next_run_at: None,
            next_verify_at: None,
            last_run_at: None,
            created_at: now,
            updated_at: None,
        };
        reckon(&mut policy, now);
        store::backup_policies::insert(conn, &policy)?;
        store::backup_policies::set_targets(conn, policy.id, &targets)?;
        Ok(policy)
    });
    admission.await
}
