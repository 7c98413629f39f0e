//! `/v2/images/{image_id}/tags/{tag}`.

use auth::policy::ImageRule;
use axum::response::Response;
use operations::image::{Denied, record};
use wire::Fault;

use super::Call;
use super::call::{empty, fault};

/// Longest tag, in characters.
const MAX_TAG_CHARS: usize = 255;

pub(crate) async fn add(call: Call) -> Result<Response, Fault> {
    let tag = call.part("tag").to_owned();
    if tag.chars().count() > MAX_TAG_CHARS {
        let why = format!(
            "Provided object does not match schema 'image': '{}' is too long",
            wire::fault::echo(&tag)
        );
        return Err(Fault::bad_request(why));
    }
    let caller = call.caller(&[ImageRule::ModifyImage]);
    let changed = record::update(&call.api.images, &caller, call.image_id()?, move |image| {
        image.tags.insert(tag);
        Ok(())
    });
    changed.await.map_err(fault)?;
    Ok(empty(204))
}

pub(crate) async fn remove(call: Call) -> Result<Response, Fault> {
    let tag = call.part("tag").to_owned();
    let caller = call.caller(&[ImageRule::ModifyImage]);
    let changed = record::update(&call.api.images, &caller, call.image_id()?, move |image| {
        match image.tags.remove(&tag) {
            true => Ok(()),
            false => Err(Denied::NotFound("The resource could not be found.".to_owned())),
        }
    });
    changed.await.map_err(fault)?;
    Ok(empty(204))
}
