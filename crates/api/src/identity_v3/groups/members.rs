//! `PUT /v3/groups/{group_id}/users/{user_id}`.

use auth::policy::Value;
use store::identity::{groups, users};

use crate::http::Reply;
use crate::identity_v3::{Call, Fault, users as user_routes};

pub(crate) async fn add(call: Call) -> Result<Reply, Fault> {
    call.write(|call, conn| {
        let (group_id, user_id) = (call.part("group_id"), call.part("user_id"));
        let (group, user) = (groups::get(conn, group_id)?, users::get(conn, user_id)?);
        let mut target = user_routes::target(user_id, user.as_ref());
        target.extend(group.iter().map(|group| ("target.group.domain_id", Value::Text(&group.domain_id))));
        call.require(&target)?;
        let group = group.ok_or_else(|| Fault::not_found("group", group_id))?;
        let user = user.ok_or_else(|| Fault::not_found("user", user_id))?;
        groups::add_member(conn, &group.id, &user.id)?;
        Ok(Reply::empty(204))
    })
    .await
}
