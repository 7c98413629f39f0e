//! `GET` of roles.

use auth::policy::Value;
use store::identity::roles;

use super::view;
use crate::http::Reply;
use crate::identity_v3::view::{collection, member};
use crate::identity_v3::{Call, Fault};

pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    let name = call.request.query.text("name")?;
    // Roles belong to no domain here.
    let none = call.request.query.get("domain_id").is_some_and(|id| !id.is_empty());
    call.read(move |call, conn| {
        call.require(&[])?;
        let found = if none { Vec::new() } else { roles::list(conn, name.as_deref())? };
        collection(&call.request, "roles", found.iter().map(|role| view(&call.request, role)).collect())
    })
    .await
}

pub(crate) async fn show(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| {
        let id = call.part("role_id");
        let found = roles::get(conn, id)?;
        let target: Vec<_> = found.iter().map(|role| ("target.role.name", Value::Text(&role.name))).collect();
        call.require(&target)?;
        let role = found.ok_or_else(|| Fault::not_found("role", id))?;
        Ok(member(200, "role", view(&call.request, &role)))
    })
    .await
}
