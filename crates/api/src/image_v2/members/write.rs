//! Sharing, answering, and ending the sharing.

use auth::policy::ImageRule;
use axum::response::Response;
use model::{MemberStatus, ProjectId};
use operations::image::{Denied, member};
use serde_json::Value;
use wire::Fault;
use wire::fault::echo;
use wire::image::{body, view};

use crate::image_v2::Call;
use crate::image_v2::call::{empty, fault, json};

/// Longest identifier of a project, in characters.
const MAX_MEMBER_CHARS: usize = 255;

fn field<'v>(body: &'v Value, key: &str) -> Result<&'v str, Fault> {
    let value = body.as_object().and_then(|fields| fields.get(key));
    let value = value.ok_or_else(|| match key {
        "member" => Fault::bad_request("Member to be added not specified"),
        _ => Fault::bad_request("Status not specified"),
    })?;
    value
        .as_str()
        .ok_or_else(|| Fault::bad_request(format!("Expected a {key} in the form: {{\"{key}\": \"…\"}}")))
}

pub(crate) async fn create(mut call: Call) -> Result<Response, Fault> {
    let body = body(&call.read().await?)?;
    let member = field(&body, "member")?;
    if member.is_empty() || member.chars().count() > MAX_MEMBER_CHARS {
        return Err(Fault::bad_request("Member can't be empty"));
    }
    let id = call.image_id()?;
    let caller = call.caller(&[ImageRule::AddMember]);
    let added = member::add(&call.api.images, &caller, id, ProjectId::new(member)).await;
    let added = added.map_err(|denied| not_allowed(denied, "create", &call))?;
    Ok(json(200, &view::member(&added)))
}

pub(crate) async fn update(mut call: Call) -> Result<Response, Fault> {
    let body = body(&call.read().await?)?;
    let word = field(&body, "status")?;
    let status: MemberStatus = word.parse().map_err(|_| {
        let known = "one of \"pending\", \"accepted\", or \"rejected\"";
        Fault::bad_request(format!("Incorrect request: Status must be {known}, not '{}'", echo(word)))
    })?;
    let (id, member) = (call.image_id()?, ProjectId::new(call.part("member_id")));
    let caller = call.caller(&[ImageRule::ModifyMember]);
    let changed = member::answer(&call.api.images, &caller, id, member, status).await;
    let changed = changed.map_err(|denied| not_allowed(denied, "update", &call))?;
    Ok(json(200, &view::member(&changed)))
}

pub(crate) async fn delete(call: Call) -> Result<Response, Fault> {
    let (id, member) = (call.image_id()?, ProjectId::new(call.part("member_id")));
    let caller = call.caller(&[ImageRule::DeleteMember]);
    let removed = member::remove(&call.api.images, &caller, id, member).await;
    removed.map_err(|denied| not_allowed(denied, "delete", &call))?;
    Ok(empty(204))
}

fn not_allowed(denied: Denied, doing: &str, call: &Call) -> Fault {
    match denied {
        Denied::Forbidden(_) => {
            let image = echo(call.part("image_id"));
            Fault::new(403, format!("Not allowed to {doing} members for image {image}."))
        }
        other => fault(other),
    }
}
