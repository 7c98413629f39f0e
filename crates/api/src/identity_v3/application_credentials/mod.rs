//! `/users/{user_id}/application_credentials`.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod read;

use serde_json::{Value, json};
use store::identity::application_credentials::ApplicationCredential;
use store::identity::roles;
use store::{Conn, StoreError};

use super::call::Request;
use super::{Call, Fault, roles as role_routes};

/// A credential as it is shown: without its secret.
fn view(request: &Request, conn: &Conn<'_>, credential: &ApplicationCredential) -> Result<Value, StoreError> {
    let mut shown_roles = Vec::new();
    for role_id in &credential.role_ids {
        shown_roles.extend(roles::get(conn, role_id)?.as_ref().map(role_routes::own));
    }
    let path = format!("users/{}/application_credentials/{}", credential.user_id, credential.id);
    Ok(json!({
        "id": credential.id,
        "name": credential.name,
        "description": credential.description,
        "user_id": credential.user_id,
        "project_id": credential.project_id,
        "system": null,
        "expires_at": credential.expires_at.map(|at| at.to_string()),
        "unrestricted": credential.unrestricted,
        "roles": shown_roles,
        "links": {"self": request.url(&path)},
    }))
}

/// A program that logged in with an application credential makes or removes none, unless it may.
fn require_unrestricted(call: &Call) -> Result<(), Fault> {
    match &call.caller.application_credential {
        Some(credential) if !credential.unrestricted => Err(Fault::forbidden_action(
            "Using method 'application_credential' is not allowed for managing additional application credentials.",
        )),
        _ => Ok(()),
    }
}
