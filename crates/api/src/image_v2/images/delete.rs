//! `DELETE /v2/images/{image_id}`.

use auth::policy::ImageRule;
use axum::response::Response;
use operations::image::delete;
use wire::Fault;

use crate::image_v2::Call;
use crate::image_v2::call::{empty, fault};

pub(crate) async fn handle(call: Call) -> Result<Response, Fault> {
    let caller = call.caller(&[ImageRule::DeleteImage]);
    delete::accept(&call.api.images, &caller, call.image_id()?).await.map_err(fault)?;
    Ok(empty(204))
}
