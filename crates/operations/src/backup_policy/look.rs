//! What there is of a policy, as clients see it.

use model::backup_policy::{Due, Targets};
use model::{BackupPolicy, BackupPolicyId};
use store::Conn;
use store::backup_policies::{due, made, made::Made};

use super::find;
use crate::{Desk, Refused, Requester};

/// Most things that are shown of what a policy is going to do.
const MAX_SHOWN: usize = 1000;

/// A policy, and what it is for.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The policy.
    pub policy: BackupPolicy,
    /// Which volumes it is for.
    pub targets: Targets,
}

/// The policies of the requester's project, or of all.
///
/// # Errors
/// Not allowed; or the store's own failure.
pub async fn list(desk: &Desk, who: &Requester, all_projects: bool) -> Result<Vec<Seen>, Refused> {
    let who = who.clone();
    desk.store
        .read(move |conn| {
            (who.may)(&who.project_id, &who.user_id)?;
            let project = (!all_projects || !who.is_admin).then_some(&who.project_id);
            let policies = store::backup_policies::list(conn, project)?;
            policies.into_iter().map(|policy| see(conn, policy)).collect()
        })
        .await
}

/// One policy, and what it has not begun yet.
///
/// # Errors
/// Not found; or the store's own failure.
pub async fn one(desk: &Desk, who: &Requester, id: BackupPolicyId) -> Result<(Seen, Vec<Due>), Refused> {
    let who = who.clone();
    desk.store
        .read(move |conn| {
            let seen = see(conn, find(conn, &who, id)?)?;
            Ok((seen, due::of_policy(conn, id, MAX_SHOWN)?))
        })
        .await
}

/// The backups that a policy made.
///
/// # Errors
/// Not found; or the store's own failure.
pub async fn backups(desk: &Desk, who: &Requester, id: BackupPolicyId) -> Result<Vec<Made>, Refused> {
    let who = who.clone();
    desk.store
        .read(move |conn| {
            let policy = find(conn, &who, id)?;
            Ok::<_, Refused>(made::by(conn, policy.id)?)
        })
        .await
}

fn see(conn: &Conn<'_>, policy: BackupPolicy) -> Result<Seen, Refused> {
    let targets = store::backup_policies::targets(conn, policy.id)?;
    Ok(Seen { policy, targets })
}
