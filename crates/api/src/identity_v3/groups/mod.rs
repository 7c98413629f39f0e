//! `/groups`.

pub(super) mod members;
pub(super) mod read;
pub(super) mod write;

use auth::policy::Value;
use serde_json::json;
use store::Conn;
use store::identity::groups::{self, Group};

use super::call::Request;
use super::view::resource;
use super::{Call, Fault};

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

/// What rules may ask of a group.
fn target(group: Option<&Group>) -> Vec<(&'static str, Value<'_>)> {
    group.iter().map(|group| ("target.group.domain_id", Value::Text(&group.domain_id))).collect()
}

/// The group of the path, if the caller may touch it.
fn required(call: &Call, conn: &Conn<'_>) -> Result<Group, Fault> {
    let id = call.part("group_id");
    let found = groups::get(conn, id)?;
    call.require(&target(found.as_ref()))?;
    found.ok_or_else(|| Fault::not_found("group", id))
}
