//! `GET /v2/schemas/…`.

use axum::response::Response;
use wire::Fault;
use wire::image::schema;

use super::Call;
use super::call::json;

pub(crate) async fn handle(call: Call) -> Result<Response, Fault> {
    let metadef = call.part("metadef");
    let path = if metadef.is_empty() { call.part("kind").to_owned() } else { format!("metadefs/{metadef}") };
    let schema = schema::of(&path, &call.api.settings.formats);
    schema.map(|schema| json(200, &schema)).ok_or_else(Fault::not_found)
}
