//! A project back at the defaults.

use model::ProjectId;
use store::quotas;

use crate::{Desk, Refused, Requester};

/// Drops every limit of `project`.
///
/// # Errors
/// A refusal by policy; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, project: ProjectId) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        (who.may)(&project, &who.user_id)?;
        Ok(quotas::clear_limits(conn, &project)?)
    })
    .await
}
