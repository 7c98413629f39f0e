//! `/domains`.

pub(super) mod read;
pub(super) mod write;

use auth::policy::Value;
use serde_json::json;
use store::identity::domains::Domain;

use super::call::Request;
use super::view::resource;

/// A domain as it is shown.
pub(crate) fn view(request: &Request, domain: &Domain) -> serde_json::Value {
    let own = json!({
        "id": domain.id,
        "name": domain.name,
        "description": domain.description,
        "enabled": domain.enabled,
        "tags": [],
        "options": {},
    });
    resource(request, &format!("domains/{}", domain.id), own, &domain.extra)
}

/// What rules may ask of a domain.
fn target(domain: Option<&Domain>) -> Vec<(&'static str, Value<'_>)> {
    domain.iter().map(|domain| ("target.domain.id", Value::Text(&domain.id))).collect()
}
