//! `POST`, `PATCH` and `DELETE` of roles.

use auth::identity::NameKind;
use auth::random;
use store::identity::roles::{self, Role};
use store::{Conn, StoreError};

use super::{is_built_in, view};
use crate::http::Reply;
use crate::identity_v3::body::Fields;
use crate::identity_v3::fault::on_duplicate;
use crate::identity_v3::view::member;
use crate::identity_v3::{Call, Fault};

pub(crate) async fn create(call: Call) -> Result<Reply, Fault> {
    call.require(&[])?;
    let mut said = Fields::of(&call.request.body, "role")?;
    if said.text("domain_id")?.flatten().is_some() {
        return Err(Fault::bad_request("Roles of a single domain are not supported."));
    }
    let role = Role {
        id: random::id()?,
        name: said.required_name(NameKind::Role)?,
        description: said.text("description")?.flatten(),
        extra: said.into_extra(),
    };
    call.write(move |call, conn| {
        roles::insert(conn, &role).map_err(|error| name_is_taken(error, &role))?;
        Ok(member(201, "role", view(&call.request, &role)))
    })
    .await
}

pub(crate) async fn update(call: Call) -> Result<Reply, Fault> {
    call.require(&[])?;
    let mut said = Fields::of(&call.request.body, "role")?;
    said.not_empty()?;
    said.same_id(call.part("role_id"))?;
    let name = said.name(NameKind::Role)?;
    let description = said.text("description")?;
    let domain_id = said.text("domain_id")?.flatten();
    call.write(move |call, conn| {
        let mut role = changeable(call, conn, "update")?;
        if domain_id.is_some() {
            return Err(Fault::bad_request("Update of `domain_id` is not allowed."));
        }
        role.name = name.unwrap_or(role.name);
        role.description = description.unwrap_or(role.description);
        role.extra = said.over_extra(&role.extra);
        roles::update(conn, &role).map_err(|error| name_is_taken(error, &role))?;
        Ok(member(200, "role", view(&call.request, &role)))
    })
    .await
}

pub(crate) async fn delete(call: Call) -> Result<Reply, Fault> {
    call.write(|call, conn| {
        call.require(&[])?;
        let role = changeable(call, conn, "delete")?;
        roles::remove(conn, &role.id)?;
        Ok(Reply::empty(204))
    })
    .await
}

/// The role of the path, which must not be built in.
fn changeable(call: &Call, conn: &Conn<'_>, verb: &str) -> Result<Role, Fault> {
    let id = call.part("role_id");
    let role = roles::get(conn, id)?.ok_or_else(|| Fault::not_found("role", id))?;
    if is_built_in(&role) {
        return Err(Fault::forbidden(format!(
            "Unable to {verb} immutable role resource: `{id}. Set resource option \"immutable\" to false first."
        )));
    }
    Ok(role)
}

fn name_is_taken(error: StoreError, role: &Role) -> Fault {
    on_duplicate(error, "role", || format!("Duplicate entry found with name {}", role.name))
}
