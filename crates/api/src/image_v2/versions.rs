//! Version discovery: `GET /`, `GET /versions`, `GET /v2/`.

use axum::response::Response;
use wire::Fault;
use wire::image::versions::list;

use super::call::json;
use super::{Call, ImageApi};

pub(super) fn all(api: &ImageApi, base_url: &str, status: u16) -> Response {
    let stores = &api.images.stores;
    json(status, &list(base_url, stores.several, stores.cache.is_some()))
}

pub(crate) async fn home(call: Call) -> Result<Response, Fault> {
    Ok(all(&call.api, &call.base_url, 300))
}
