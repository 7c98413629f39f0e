//! `GET /v2/images/{image_id}/file`.

use auth::policy::ImageRule;
use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode, header};
use operations::image::download::{self, Source};
use wire::Fault;

use super::range::{self, Part};
use super::stream;
use crate::image_v2::Call;
use crate::image_v2::call::{empty, fault};

const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

pub(crate) async fn handle(call: Call) -> Result<Response, Fault> {
    let preferred = preferred(&call)?;
    let rules: &[ImageRule] = match preferred.is_empty() {
        true => &[ImageRule::DownloadImage],
        false => &[ImageRule::DownloadImage, ImageRule::DownloadFromStore],
    };
    let caller = call.caller(rules);
    let opened =
        download::open(&call.api.images, &caller, call.image_id()?, &preferred).await.map_err(fault)?;
    let data = match opened.source {
        Source::Nothing => return Ok(empty(204)),
        Source::Here(data) => data,
        Source::Web(..) if call.header("range").is_some() => {
            return Err(Fault::bad_request("Getting images randomly from this store is not supported."));
        }
        Source::Web(reader, length_bytes) => {
            let mut response = Response::new(stream::through(reader));
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
            if let Some(length) = length_bytes {
                headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            }
            return Ok(response);
        }
    };
    let size_bytes = data.size_bytes();
    let asked = range::parse(call.header("range"), size_bytes)?;
    let part = asked.unwrap_or(Part { at: 0, length: size_bytes });
    let mut response = Response::new(stream::body(data, part));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(part.length));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let mut add = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    if let Some(checksum) = &opened.image.checksum {
        add(CONTENT_MD5, checksum);
    }
    if asked.is_some() {
        let last = part.at + part.length - 1;
        add(header::CONTENT_RANGE, &format!("bytes {}-{last}/{size_bytes}", part.at));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// The stores that the client would rather have the data from.
fn preferred(call: &Call) -> Result<Vec<String>, Fault> {
    let params = call.params()?;
    let named =
        params.get("prefer").unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
    let named: Vec<String> = named.map(str::to_owned).collect();
    let stores = &call.api.images.stores;
    if !named.is_empty() && !stores.several {
        let why = "Store selection for download is not available when multiple backends are not enabled.";
        return Err(Fault::bad_request(why));
    }
    match named.iter().find(|name| stores.entry(name).is_none()) {
        Some(unknown) => {
            Err(Fault::bad_request(format!("Store '{}' is not configured.", wire::fault::echo(unknown))))
        }
        None => Ok(named),
    }
}
