//! `HEAD` of a grant, and `GET` of all grants to somebody somewhere.

use store::identity::assignments::{self, Filter};
use store::identity::roles;

use super::{assignment, holder, not_assigned};
use crate::http::Reply;
use crate::identity_v3::view::collection;
use crate::identity_v3::{Call, Fault, roles as role_routes};

pub(crate) async fn check(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| {
        let asked = assignment(call, conn)?;
        if assignments::exists(conn, &asked)? { Ok(Reply::empty(204)) } else { Err(not_assigned(&asked)) }
    })
    .await
}

pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| {
        let names = holder(call, conn)?;
        let filter = Filter {
            actor: Some((names.actor_kind, names.actor_id)),
            scope: Some((names.scope_kind, names.scope_id)),
            role_id: None,
        };
        let mut shown = Vec::new();
        for found in assignments::list(conn, &filter)? {
            let role = roles::get(conn, &found.role_id)?;
            shown.extend(role.map(|role| role_routes::view(&call.request, &role)));
        }
        collection(&call.request, "roles", shown)
    })
    .await
}
