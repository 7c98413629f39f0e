//! `/v3/groups/{group_id}/users`: who is in a group.

use store::Conn;
use store::identity::groups::{self, Group};
use store::identity::users::{self, Filter, User};

use super::{required, target};
use crate::http::Reply;
use crate::identity_v3::view::collection;
use crate::identity_v3::{Call, Fault, users as user_routes};

pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    let query = &call.request.query;
    let (name, enabled) = (query.text("name")?, query.truth("enabled")?);
    let asked_domain = query.text("domain_id")?;
    let domain_id = call.own_domain().map(str::to_owned).or(asked_domain);
    call.read(move |call, conn| {
        let group_id = Some(required(call, conn)?.id);
        let found = users::list(conn, &Filter { name, domain_id, enabled, group_id })?;
        let shown = found.iter().map(|user| user_routes::view(&call.request, user)).collect();
        collection(&call.request, "users", shown)
    })
    .await
}

pub(crate) async fn check(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| {
        let (group, user) = both(call, conn)?;
        if !groups::has_member(conn, &group.id, &user.id)? {
            return Err(no_member(&group, &user));
        }
        Ok(Reply::empty(204))
    })
    .await
}

pub(crate) async fn add(call: Call) -> Result<Reply, Fault> {
    call.write(|call, conn| {
        let (group, user) = both(call, conn)?;
        groups::add_member(conn, &group.id, &user.id)?;
        Ok(Reply::empty(204))
    })
    .await
}

/// Ends all tokens of the user as well, so that none gets its roles back with the membership.
pub(crate) async fn remove(call: Call) -> Result<Reply, Fault> {
    call.write(|call, conn| {
        let (group, user) = both(call, conn)?;
        if !groups::remove_member(conn, &group.id, &user.id)? {
            return Err(no_member(&group, &user));
        }
        users::end_tokens(conn, &user.id)?;
        Ok(Reply::empty(204))
    })
    .await
}

/// The group and the user of the path, if the caller may touch them. Whether the one is in the other is another
/// question.
fn both(call: &Call, conn: &Conn<'_>) -> Result<(Group, User), Fault> {
    let (group_id, user_id) = (call.part("group_id"), call.part("user_id"));
    let (group, user) = (groups::get(conn, group_id)?, users::get(conn, user_id)?);
    let mut asked = user_routes::target(user_id, user.as_ref());
    asked.extend(target(group.as_ref()));
    call.require(&asked)?;
    let group = group.ok_or_else(|| Fault::not_found("group", group_id))?;
    let user = user.ok_or_else(|| Fault::not_found("user", user_id))?;
    Ok((group, user))
}

/// 404: both exist, but the user is not in the group.
fn no_member(group: &Group, user: &User) -> Fault {
    Fault::new(404, format!("User '{}' not found in group '{}'", user.id, group.id))
}
