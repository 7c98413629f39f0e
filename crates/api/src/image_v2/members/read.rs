//! Reading members.

use auth::policy::ImageRule;
use axum::response::Response;
use model::ProjectId;
use operations::image::{Denied, member};
use wire::Fault;
use wire::image::view;

use crate::image_v2::Call;
use crate::image_v2::call::{fault, json};

pub(crate) async fn index(call: Call) -> Result<Response, Fault> {
    let caller = call.caller(&[ImageRule::GetMembers]);
    let members = member::list(&call.api.images, &caller, call.image_id()?).await.map_err(fault)?;
    Ok(json(200, &view::members(&members)))
}

pub(crate) async fn show(call: Call) -> Result<Response, Fault> {
    let caller = call.caller(&[ImageRule::GetMember]);
    let member = ProjectId::new(call.part("member_id"));
    let found = member::show(&call.api.images, &caller, call.image_id()?, member).await;
    // Who may not see it does not learn that it is there.
    let found = found.map_err(|denied| match denied {
        Denied::Forbidden(why) => Denied::NotFound(why),
        other => other,
    });
    Ok(json(200, &view::member(&found.map_err(fault)?)))
}
