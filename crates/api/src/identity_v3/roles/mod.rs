//! `/roles`.

pub(super) mod read;
pub(super) mod write;

use auth::identity::BUILT_IN_ROLES;
use serde_json::{Value, json};
use store::identity::roles::Role;

use super::call::Request;
use super::view::resource;

/// A role as it is shown.
pub(crate) fn view(request: &Request, role: &Role) -> Value {
    resource(request, &format!("roles/{}", role.id), own(role), &role.extra)
}

/// A role as application credentials show it.
pub(crate) fn own(role: &Role) -> Value {
    let options = if is_built_in(role) { json!({"immutable": true}) } else { json!({}) };
    json!({
        "id": role.id,
        "name": role.name,
        "domain_id": null,
        "description": role.description,
        "options": options,
    })
}

/// Whether this is a role that the rules of all services rely on.
fn is_built_in(role: &Role) -> bool {
    BUILT_IN_ROLES.contains(&role.name.as_str())
}
