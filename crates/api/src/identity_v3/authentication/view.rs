//! A token as it is shown.

use std::sync::Arc;

use auth::credentials::{Domain, Project, Scope};
use auth::token::isotime;
use serde_json::{Value, json};
use store::Store;

use crate::identity_v3::Fault;
use crate::identity_v3::catalog::catalog_of;
use crate::identity_v3::tokens::Bearer;

/// The body of an answer about a token, with the catalog of its scope if wanted.
pub(super) async fn token(store: &Store, bearer: Arc<Bearer>, with_catalog: bool) -> Result<Vec<u8>, Fault> {
    let mut shown = own(&bearer);
    if with_catalog && bearer.credentials.scope != Scope::Unscoped {
        let holder = Arc::clone(&bearer);
        let project_id = move || holder.credentials.project_id().map(str::to_owned);
        let user_id = bearer.claims.user_id.clone();
        let catalog = store.read(move |conn| catalog_of(conn, &user_id, project_id().as_deref())).await?;
        shown["catalog"] = Value::Array(catalog);
    }
    if let Some(credential) = &bearer.application_credential {
        shown["application_credential"] = json!({
            "id": credential.id, "name": credential.name, "restricted": !credential.unrestricted,
        });
    }
    Ok(json!({"token": shown}).to_string().into_bytes())
}

/// What a token says without the catalog.
fn own(bearer: &Bearer) -> Value {
    let (claims, credentials) = (&bearer.claims, &bearer.credentials);
    let user = &credentials.user;
    let mut shown = json!({
        "methods": claims.methods.iter().map(|method| method.name()).collect::<Vec<_>>(),
        "user": {
            "domain": domain(&user.domain),
            "id": user.id,
            "name": user.name,
            "password_expires_at": null,
        },
        "audit_ids": credentials.audit_ids,
        "expires_at": isotime(claims.expires_at),
        "issued_at": isotime(claims.issued_at),
    });
    match &credentials.scope {
        Scope::Unscoped => return shown,
        Scope::Project(found) => {
            shown["project"] = project(found);
            shown["is_domain"] = false.into();
        }
        Scope::Domain(found) => shown["domain"] = domain(found),
        Scope::System => shown["system"] = json!({"all": true}),
    }
    let role = |role: &crate::identity_v3::tokens::RoleName| json!({"id": role.id, "name": role.name});
    shown["roles"] = bearer.roles.iter().map(role).collect();
    shown
}

fn domain(domain: &Domain) -> Value {
    json!({"id": domain.id, "name": domain.name})
}

fn project(project: &Project) -> Value {
    json!({"domain": domain(&project.domain), "id": project.id, "name": project.name})
}
