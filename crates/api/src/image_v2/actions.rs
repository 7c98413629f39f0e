//! `POST /v2/images/{image_id}/actions/…`.

use auth::policy::ImageRule;
use axum::response::Response;
use operations::image::record::activate;
use wire::Fault;

use super::Call;
use super::call::{empty, fault};

pub(crate) async fn deactivate(call: Call) -> Result<Response, Fault> {
    let caller = call.caller(&[ImageRule::Deactivate]);
    activate(&call.api.images, &caller, call.image_id()?, false).await.map_err(fault)?;
    Ok(empty(204))
}

pub(crate) async fn reactivate(call: Call) -> Result<Response, Fault> {
    let caller = call.caller(&[ImageRule::Reactivate]);
    activate(&call.api.images, &caller, call.image_id()?, true).await.map_err(fault)?;
    Ok(empty(204))
}
