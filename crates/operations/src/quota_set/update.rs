//! Other limits for a project.

use model::quota::PER_VOLUME_GIGABYTES;
use model::{ProjectId, Refusal};
use store::{Conn, quotas};

use super::{Quota, of_project};
use crate::{Desk, Refused, Requester, Settings};

/// Sets limits of `project` by name, all or none; answers with all that are in force.
///
/// # Errors
/// A refusal by policy, or for a limit below what is used; or the store's own failure.
pub async fn accept(
    desk: &Desk,
    who: &Requester,
    project: ProjectId,
    limits: Vec<(String, i64)>,
) -> Result<Vec<Quota>, Refused> {
    let who = who.clone();
    desk.admit(move |conn, settings| {
        (who.may)(&project, &who.user_id)?;
        check(conn, settings, &project, &limits)?;
        for (name, limit) in &limits {
            quotas::set_limit(conn, &project, name, *limit)?;
        }
        Ok(of_project(conn, settings, &project)?)
    })
    .await
}

/// A limit may not be lowered below what is used. One that still stands at its default may: that is how a project is
/// stopped from growing.
fn check(
    conn: &Conn<'_>,
    settings: &Settings,
    project: &ProjectId,
    limits: &[(String, i64)],
) -> Result<(), Refused> {
    let own = quotas::limits(conn, project)?;
    let in_force = of_project(conn, settings, project)?;
    for (name, limit) in limits {
        if *limit < 0 || name == PER_VOLUME_GIGABYTES || !own.contains_key(name) {
            continue;
        }
        let used = in_force.iter().find(|quota| quota.name == *name).map_or(0, |quota| quota.in_use);
        if *limit < used {
            let why = format!(
                "Quota {name} limit must be equal or greater than existing resources. Current usage is {used} and \
                 the requested limit is {limit}."
            );
            return Err(Refusal::BadRequest(why).into());
        }
    }
    Ok(())
}
