//! `GET` of users, and of their projects and groups.

use store::Conn;
use store::identity::users::{self, Filter, User};
use store::identity::{groups, projects};

use super::{target, view};
use crate::http::Reply;
use crate::identity_v3::view::{collection, member};
use crate::identity_v3::{Call, Fault, groups as group_routes, projects as project_routes};

pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    let query = &call.request.query;
    let asked_domain = query.text("domain_id")?;
    let domain_id = call.own_domain().map(str::to_owned).or(asked_domain);
    let (name, enabled) = (query.text("name")?, query.truth("enabled")?);
    let filter = Filter { name, domain_id, enabled, group_id: None };
    call.read(move |call, conn| {
        call.require(&[("target.domain_id", filter.domain_id.as_deref().into())])?;
        let shown = users::list(conn, &filter)?.iter().map(|user| view(&call.request, user)).collect();
        collection(&call.request, "users", shown)
    })
    .await
}

pub(crate) async fn show(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| Ok(member(200, "user", view(&call.request, &required(call, conn)?)))).await
}

/// `GET /v3/users/{user_id}/projects`.
pub(crate) async fn projects(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| {
        let user = required(call, conn)?;
        let found = projects::of_user(conn, &user.id)?;
        let shown = found.iter().map(|project| project_routes::view(&call.request, project)).collect();
        collection(&call.request, "projects", shown)
    })
    .await
}

/// `GET /v3/users/{user_id}/groups`.
pub(crate) async fn groups(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| {
        let user = required(call, conn)?;
        let found = groups::of_user(conn, &user.id)?;
        let shown = found.iter().map(|group| group_routes::view_of_member(&call.request, group)).collect();
        collection(&call.request, "groups", shown)
    })
    .await
}

/// The user of the path, if the caller may touch it.
pub(super) fn required(call: &Call, conn: &Conn<'_>) -> Result<User, Fault> {
    let id = call.part("user_id");
    let found = users::get(conn, id)?;
    call.require(&target(id, found.as_ref()))?;
    found.ok_or_else(|| Fault::not_found("user", id))
}
