//! `/v2/images/{image_id}/locations`, and the copies in single stores.

use auth::policy::ImageRule;
use axum::response::Response;
use operations::image::import::add_location;
use operations::image::{delete, record};
use serde_json::Value;
use wire::Fault;
use wire::image::{body, view};

use crate::image_v2::Call;
use crate::image_v2::call::{empty, fault, json};

/// Hashes that can be given with a location, and how many characters they have.
const HASHES: [(&str, usize); 3] = [("md5", 32), ("sha256", 64), ("sha512", 128)];

pub(crate) async fn add(mut call: Call) -> Result<Response, Fault> {
    let body = body(&call.read().await?)?;
    let url = body.get("url").and_then(Value::as_str);
    let url = url.ok_or_else(|| mismatch("'url' is a required property"))?.to_owned();
    let hash = hash(body.get("validation_data"))?;
    let caller = call.caller(&[ImageRule::AddImageLocation]);
    let id = call.image_id()?;
    add_location(&call.api.images, &caller, id, url, hash, body.to_string()).await.map_err(fault)?;
    Ok(empty(202))
}

fn mismatch(why: &str) -> Fault {
    Fault::bad_request(format!("Provided object does not match schema 'location': {why}"))
}

fn hash(data: Option<&Value>) -> Result<Option<(String, String)>, Fault> {
    let Some(data) = data else { return Ok(None) };
    let text = |key: &str| data.get(key).and_then(Value::as_str).map(str::to_owned);
    let (name, value) = match (text("os_hash_algo"), text("os_hash_value")) {
        (Some(name), Some(value)) => (name, value),
        (None, None) => return Ok(None),
        _ => return Err(mismatch("os_hash_algo and os_hash_value need each other")),
    };
    let known = HASHES.iter().find(|(known, _)| *known == name);
    let (_, length) = known.ok_or_else(|| mismatch("os_hash_algo is not one of md5, sha256, sha512"))?;
    if value.len() != *length || !value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Fault::bad_request(format!(
            "os_hash_value: ({}) is not the correct size for ({name}) (should be ({}) bytes)",
            wire::fault::echo(&value),
            length / 2
        )));
    }
    Ok(Some((name, value)))
}

pub(crate) async fn index(call: Call) -> Result<Response, Fault> {
    let caller = call.caller(&[ImageRule::FetchImageLocation]);
    let image = record::show(&call.api.images, &caller, call.image_id()?).await.map_err(fault)?;
    let stores = &call.api.images.stores;
    let shown = stores.ordered(&image).into_iter().map(|one| view::location(one, stores.several));
    Ok(json(200, &Value::Array(shown.collect())))
}

/// `DELETE /v2/stores/{store_id}/{image_id}`.
pub(crate) async fn delete_copy(call: Call) -> Result<Response, Fault> {
    if !call.api.images.stores.several {
        return Err(Fault::new(404, "Multi backend is not supported at this site."));
    }
    let caller = call.caller(&[ImageRule::DeleteImageLocation, ImageRule::GetImageLocation]);
    let (id, store) = (call.image_id()?, call.part("store_id").to_owned());
    delete::accept_copy(&call.api.images, &caller, id, store).await.map_err(fault)?;
    Ok(empty(204))
}
