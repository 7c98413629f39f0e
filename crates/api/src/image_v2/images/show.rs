//! `GET /v2/images/{image_id}`.

use auth::policy::ImageRule;
use axum::response::Response;
use operations::image::record;
use wire::Fault;

use crate::image_v2::Call;
use crate::image_v2::call::{fault, json};

pub(crate) async fn handle(call: Call) -> Result<Response, Fault> {
    let caller = call.caller(&[ImageRule::GetImage]);
    let image = record::show(&call.api.images, &caller, call.image_id()?).await.map_err(fault)?;
    Ok(json(200, &call.view(&image)))
}
