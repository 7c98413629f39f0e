//! `/groups`.

pub(super) mod members;
pub(super) mod read;
pub(super) mod write;

use serde_json::json;
use store::identity::groups::Group;

use super::call::Request;
use super::view::resource;

/// A group as it is shown.
pub(crate) fn view(request: &Request, group: &Group) -> serde_json::Value {
    let own = json!({
        "id": group.id,
        "name": group.name,
        "domain_id": group.domain_id,
        "description": group.description,
    });
    resource(request, &format!("groups/{}", group.id), own, &group.extra)
}
