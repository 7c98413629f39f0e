//! `POST /v2/images/{image_id}/import`: how an image gets its data from elsewhere.

use model::ImageId;
use serde_json::Value;

use super::body;
use crate::Fault;
use crate::fault::echo;

/// Longest address, in bytes.
const MAX_URI_BYTES: usize = 2048;
/// Most stores in one request.
const MAX_STORES: usize = 64;

/// How.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// From where they were staged.
    GlanceDirect,
    /// From an address.
    WebDownload {
        /// The address.
        uri: String,
    },
    /// From a store that has them to others.
    CopyImage,
    /// From an image service.
    GlanceDownload {
        /// The image there.
        image: ImageId,
        /// Its region.
        region: String,
        /// Which of its endpoints.
        interface: String,
    },
}

/// A request for an import.
#[derive(Debug, Clone)]
pub struct Import {
    /// How.
    pub method: Method,
    /// Into which stores; empty is the one of the request, or the default.
    pub stores: Vec<String>,
    /// Into all stores.
    pub all_stores: bool,
    /// Whether one store that fails makes the import fail.
    pub all_must_succeed: bool,
    /// The request as it came, for the task that shows it.
    pub raw: Value,
}

/// Reads a request; `enabled` are the methods that there are.
///
/// # Errors
/// 400 with what is wrong.
pub fn parse(bytes: &[u8], enabled: &[String]) -> Result<Import, Fault> {
    let raw = body(bytes)?;
    let method =
        raw.get("method").ok_or_else(|| Fault::bad_request("Import request requires a 'method' field."))?;
    let name =
        method.get("name").ok_or_else(|| Fault::bad_request("Import request requires a 'name' field."))?;
    let name = name.as_str().unwrap_or_default();
    if !enabled.iter().any(|known| known == name) {
        return Err(Fault::bad_request(format!("Unknown import method name '{}'.", echo(name))));
    }
    let flag = |key: &str, absent: bool| match raw.get(key) {
        None => Ok(absent),
        Some(value) => {
            value.as_bool().ok_or_else(|| Fault::bad_request(format!("'{key}' must be boolean value only")))
        }
    };
    let all_must_succeed = flag("all_stores_must_succeed", true)?;
    let all_stores = flag("all_stores", false)?;
    let method = match name {
        "glance-direct" => Method::GlanceDirect,
        "copy-image" => Method::CopyImage,
        "web-download" => Method::WebDownload { uri: uri(method)? },
        _ => glance_download(method)?,
    };
    let stores = stores(&raw)?;
    if all_stores && !stores.is_empty() {
        return Err(Fault::bad_request(
            "All_stores parameter can't be used with x-image-meta-store header or stores parameter",
        ));
    }
    Ok(Import { method, stores, all_stores, all_must_succeed, raw })
}

fn uri(method: &Value) -> Result<String, Fault> {
    let uri = method.get("uri").and_then(Value::as_str).filter(|uri| uri.len() <= MAX_URI_BYTES);
    uri.map(str::to_owned)
        .ok_or_else(|| Fault::bad_request("URI for web-download does not pass filtering: None"))
}

fn glance_download(method: &Value) -> Result<Method, Fault> {
    let text = |key: &str| method.get(key).and_then(Value::as_str).map(str::to_owned);
    let needed = |key: &str| {
        text(key).ok_or_else(|| {
            Fault::bad_request(format!("'{key}' needs to be set for glance-download import method"))
        })
    };
    let region = needed("glance_region")?;
    let image = needed("glance_image_id")?;
    let image = image.parse().map_err(|_| {
        Fault::bad_request(format!("Remote image id does not look like a UUID: {}", echo(&image)))
    })?;
    let interface = text("glance_service_interface").unwrap_or_else(|| "public".to_owned());
    Ok(Method::GlanceDownload { image, region, interface })
}

fn stores(raw: &Value) -> Result<Vec<String>, Fault> {
    let names = match raw.get("stores") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(names)) if names.len() <= MAX_STORES => names,
        Some(_) => return Err(Fault::bad_request("'stores' must be a list of store identifiers")),
    };
    let mut stores: Vec<String> = Vec::new();
    for name in names {
        let name = name
            .as_str()
            .ok_or_else(|| Fault::bad_request("'stores' must be a list of store identifiers"))?;
        if !stores.iter().any(|known| known == name) {
            stores.push(name.to_owned());
        }
    }
    Ok(stores)
}
