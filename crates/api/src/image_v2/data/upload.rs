//! `PUT /v2/images/{image_id}/file`.

use auth::policy::ImageRule;
use axum::response::Response;
use http_body_util::BodyExt;
use operations::image::upload::{Target, begin};
use tokio::time::{Duration, timeout};
use wire::Fault;

use crate::image_v2::Call;
use crate::image_v2::call::{empty, fault};

/// How long a client may send nothing.
const MAX_SILENCE: Duration = Duration::from_secs(300);

pub(crate) async fn handle(call: Call) -> Result<Response, Fault> {
    let stores = &call.api.images.stores;
    let name = match call.header("x-image-meta-store") {
        Some(name) if stores.several => name.to_owned(),
        _ => stores.default.clone(),
    };
    take(call, &[ImageRule::UploadImage], Target::Store(name)).await
}

/// Takes the body of a request.
pub(super) async fn take(
    mut call: Call,
    rules: &'static [ImageRule],
    target: Target,
) -> Result<Response, Fault> {
    check_media_type(&call)?;
    let announced = announced(&call)?;
    let (id, caller) = (call.image_id()?, call.caller(rules));
    let mut body = std::mem::take(&mut call.body);
    let upload = begin(&call.api.images, &call.api.supervisor, &caller, id, target, announced);
    let upload = upload.await.map_err(fault)?;
    loop {
        match timeout(MAX_SILENCE, body.frame()).await {
            Ok(Some(Ok(frame))) => {
                let Ok(chunk) = frame.into_data() else { continue };
                if !chunk.is_empty() && !upload.push(chunk).await {
                    break;
                }
            }
            Ok(None) => break,
            // Dropping the upload cuts it off.
            Ok(Some(Err(_))) | Err(_) => return Err(Fault::bad_request("The upload was cut off.")),
        }
    }
    upload.end().await.map_err(fault)?;
    Ok(empty(204))
}

fn check_media_type(call: &Call) -> Result<(), Fault> {
    let media_type = call.header("content-type").unwrap_or_default();
    match media_type.split(';').next().unwrap_or_default().trim() {
        "application/octet-stream" => Ok(()),
        other => Err(Fault::new(415, format!("Invalid content type {}", wire::fault::echo(other)))),
    }
}

/// How many bytes the client says there will be.
fn announced(call: &Call) -> Result<Option<u64>, Fault> {
    let Some(text) = call.header("x-openstack-image-size").or_else(|| call.header("content-length")) else {
        return Ok(None);
    };
    let bytes = text.trim().parse();
    bytes.map(Some).map_err(|_| Fault::bad_request("Invalid or missing image size in request headers."))
}
