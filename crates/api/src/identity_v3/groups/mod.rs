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

/// A group as one of its members sees it: memberships do not end here.
pub(crate) fn view_of_member(request: &Request, group: &Group) -> serde_json::Value {
    let mut shown = view(request, group);
    shown["membership_expires_at"] = serde_json::Value::Null;
    shown
}
