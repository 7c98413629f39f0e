//! `/templates/{template_id}/desktops`, and resets of these and of the template's own disk.

use model::refusal::Noun;
use operations::template::{desktop, look, reset};
use operations::volume::flatten;
use wire::view::templates::{self as shown, new_desktop};
use wire::{Fault, request};

use super::{Call, id};
use crate::http::Reply;
use crate::volume_v3::call::fault;

pub(in crate::volume_v3) async fn list(call: Call) -> Result<Reply, Fault> {
    let found = look::desktops(&call.api.desk, &call.requester(), id(&call)?).await.map_err(fault)?;
    Ok(Reply::json(200, shown::desktops(&found)))
}

pub(in crate::volume_v3) async fn create(call: Call) -> Result<Reply, Fault> {
    let asked = request::templates::Desktop::parse(&call.body)?;
    call.require_project()?;
    let request = desktop::Create {
        name: asked.name,
        size_gib: asked.size_gib,
        generation: asked.generation,
        volume_type: asked.volume_type,
        availability_zone: asked.availability_zone,
    };
    let made = desktop::create(&call.api.desk, &call.requester(), id(&call)?, request).await;
    let (desktop, volume) = made.map_err(fault)?;
    Ok(Reply::json(202, new_desktop(&desktop, &volume)))
}

/// Resets the template's own disk.
pub(in crate::volume_v3) async fn reset_disk(call: Call) -> Result<Reply, Fault> {
    let number = request::templates::reset(&call.body)?;
    let (desk, who) = (&call.api.desk, call.requester());
    let template = look::one(desk, &who, id(&call)?).await.map_err(fault)?;
    let number = reset::accept(desk, &who, template.volume_id, number).await.map_err(fault)?;
    Ok(Reply::json(202, shown::reset(Some(number))))
}

pub(in crate::volume_v3) async fn reset(call: Call) -> Result<Reply, Fault> {
    let number = request::templates::reset(&call.body)?;
    let volume = call.id("volume_id", Noun::Volume)?;
    look::one(&call.api.desk, &call.requester(), id(&call)?).await.map_err(fault)?;
    let number = reset::accept(&call.api.desk, &call.requester(), volume, number).await.map_err(fault)?;
    Ok(Reply::json(202, shown::reset(Some(number))))
}

/// Makes any volume stand on nothing.
pub(in crate::volume_v3) async fn flatten(call: Call) -> Result<Reply, Fault> {
    let volume = call.id("volume_id", Noun::Volume)?;
    flatten::accept(&call.api.desk, &call.requester(), volume).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

/// What is to be asked before a desktop's machine starts: another generation may have been rolled out to it.
pub(in crate::volume_v3) async fn start(call: Call) -> Result<Reply, Fault> {
    let volume = call.id("volume_id", Noun::Volume)?;
    look::one(&call.api.desk, &call.requester(), id(&call)?).await.map_err(fault)?;
    let number = reset::accept_start(&call.api.desk, &call.requester(), volume).await.map_err(fault)?;
    Ok(Reply::json(if number.is_some() { 202 } else { 200 }, shown::reset(number)))
}
