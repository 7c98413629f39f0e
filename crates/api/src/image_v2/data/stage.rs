//! `PUT /v2/images/{image_id}/stage`.

use auth::policy::ImageRule;
use axum::response::Response;
use operations::image::upload::Target;
use wire::Fault;

use super::upload::take;
use crate::image_v2::Call;

pub(crate) async fn handle(call: Call) -> Result<Response, Fault> {
    if !call.api.settings.import_methods.iter().any(|method| method == "glance-direct") {
        return Err(Fault::new(404, "'glance-direct' method is not available at this site."));
    }
    take(call, &[ImageRule::ModifyImage], Target::Staging).await
}
