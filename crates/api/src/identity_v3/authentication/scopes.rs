//! What the holder of a token may ask about itself: its catalog, and where it could be scoped to.

use serde_json::{Value, json};
use store::identity::assignments::{self, ScopeKind};
use store::identity::{domains as domain_rows, projects as project_rows};

use crate::http::Reply;
use crate::identity_v3::catalog::catalog_of;
use crate::identity_v3::view::{collection, reply};
use crate::identity_v3::{Call, Fault, domains as domain_routes, projects as project_routes};

/// `GET /v3/auth/catalog`.
pub(crate) async fn catalog(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| {
        call.require(&[])?;
        let Some(project_id) = call.caller.credentials.project_id() else {
            return Err(Fault::forbidden("A project-scoped token is required to produce a service catalog."));
        };
        let catalog = catalog_of(conn, &call.caller.claims.user_id, Some(project_id))?;
        Ok(reply(200, &json!({"catalog": catalog, "links": {"self": call.request.url("auth/catalog")}})))
    })
    .await
}

/// `GET /v3/auth/projects`.
pub(crate) async fn projects(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| {
        call.require(&[])?;
        let mine = project_rows::of_user(conn, &call.caller.claims.user_id)?;
        let usable = mine.iter().filter(|project| project.enabled);
        let shown = usable.map(|project| project_routes::view(&call.request, project)).collect();
        collection(&call.request, "projects", shown)
    })
    .await
}

/// `GET /v3/auth/domains`.
pub(crate) async fn domains(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| {
        call.require(&[])?;
        let mut shown = Vec::new();
        for id in assignments::scopes_of_user(conn, &call.caller.claims.user_id, ScopeKind::Domain)? {
            let found = domain_rows::get(conn, &id)?.filter(|domain| domain.enabled);
            shown.extend(found.map(|domain| domain_routes::view(&call.request, &domain)));
        }
        collection(&call.request, "domains", shown)
    })
    .await
}

/// `GET /v3/auth/system`.
pub(crate) async fn system(call: Call) -> Result<Reply, Fault> {
    call.read(|call, conn| {
        call.require(&[])?;
        let mine = assignments::scopes_of_user(conn, &call.caller.claims.user_id, ScopeKind::System)?;
        let shown: Vec<Value> = mine.iter().map(|_| json!({"all": true})).collect();
        Ok(reply(200, &json!({"system": shown, "links": {"self": call.request.url("auth/system")}})))
    })
    .await
}
