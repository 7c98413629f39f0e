//! Having a policy back up, or verify, now and not only when its time comes.

use model::backup_policy::Chore;
use model::{BackupPolicy, BackupPolicyId, Refusal};

use super::find;
use crate::{Desk, Refused, Requester};

/// Has the policy's time come. Its schedule goes on as before.
///
/// # Errors
/// It rests, or another refusal that says why; or the store's own failure.
pub async fn accept(
    desk: &Desk,
    who: &Requester,
    id: BackupPolicyId,
    chore: Chore,
) -> Result<BackupPolicy, Refused> {
    let who = who.clone();
    let admission = desk.admit(move |conn, _| {
        let mut policy = find(conn, &who, id)?;
        if !policy.terms.enabled {
            return Err(Refusal::Conflict(format!("Backup policy {id} is not enabled.")).into());
        }
        let now = Some(conn.now());
        match chore {
            Chore::BackUp => policy.next_run_at = now,
            Chore::Verify => policy.next_verify_at = now,
        }
        store::backup_policies::set(conn, &policy)?;
        Ok(policy)
    });
    admission.await
}
