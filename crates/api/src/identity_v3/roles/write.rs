//! `POST` and `DELETE` of roles.

use auth::identity::NameKind;
use auth::random;
use store::identity::roles::{self, Role};

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
        let taken = || format!("Duplicate entry found with name {}", role.name);
        roles::insert(conn, &role).map_err(|error| on_duplicate(error, "role", taken))?;
        Ok(member(201, "role", view(&call.request, &role)))
    })
    .await
}

pub(crate) async fn delete(call: Call) -> Result<Reply, Fault> {
    call.write(|call, conn| {
        call.require(&[])?;
        let id = call.part("role_id");
        let role = roles::get(conn, id)?.ok_or_else(|| Fault::not_found("role", id))?;
        if is_built_in(&role) {
            return Err(Fault::forbidden(format!(
                "Unable to delete immutable role resource: `{id}. Set resource option \"immutable\" to false first."
            )));
        }
        roles::remove(conn, id)?;
        Ok(Reply::empty(204))
    })
    .await
}
