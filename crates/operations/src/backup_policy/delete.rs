//! Deleting a policy.

use model::BackupPolicyId;

use super::find;
use crate::{Desk, Refused, Requester};

/// Deletes a policy. What it made stays, and is thinned out no more; what is under way goes on.
///
/// # Errors
/// A refusal that says why; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: BackupPolicyId) -> Result<(), Refused> {
    let who = who.clone();
    let admission = desk.admit(move |conn, _| {
        find(conn, &who, id)?;
        Ok(store::backup_policies::remove(conn, id)?)
    });
    admission.await
}
