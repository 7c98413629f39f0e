//! `PATCH /v2/images/{image_id}`: changes as a JSON patch, of which only whole fields and single locations can be named.

use std::collections::BTreeMap;

use model::{Image, ImageLocation, ImageStatus};
use serde_json::Value;

use super::field::{FIELDS, Formats, mismatch, set};
use super::{body, check_not_reserved};
use crate::Fault;
use crate::fault::echo;

/// The media types: an older draft, in which an operation is `{"replace": "/name", "value": …}`, and the newer one.
pub const MEDIA_TYPES: [&str; 2] =
    ["application/openstack-images-v2.0-json-patch", "application/openstack-images-v2.1-json-patch"];
/// Most changes in one request.
const MAX_CHANGES: usize = 1000;
/// Longest address of a location, in bytes.
const MAX_URL_BYTES: usize = 2048;

const READ_ONLY: [&str; 14] = [
    "created_at",
    "updated_at",
    "status",
    "checksum",
    "size",
    "virtual_size",
    "direct_url",
    "self",
    "file",
    "schema",
    "id",
    "os_hash_algo",
    "os_hash_value",
    "stores",
];

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each names itself")]
pub enum Operation {
    Add,
    Remove,
    Replace,
}

/// One change.
#[derive(Debug, Clone)]
pub struct Change {
    /// What is done.
    pub operation: Operation,
    /// To which field.
    pub field: String,
    /// To which item of it, for single locations.
    item: Option<String>,
    /// What comes there; null for a removal.
    pub value: Value,
    /// Whether the older draft is spoken, in which what is there cannot be added.
    older: bool,
}

/// What the service knows that a change may depend on.
pub struct Context<'c> {
    /// Whether an administrator asks.
    pub is_admin: bool,
    /// Whether locations are shown, and can therefore be changed.
    pub shows_locations: bool,
    /// The formats that there are.
    pub formats: &'c Formats,
    /// Length of the data at addresses that come new, by address; an address without one cannot be taken.
    pub sizes: BTreeMap<String, u64>,
    /// The store that stands for addresses on the web, when there is one.
    pub web_store: Option<String>,
    /// The hash that images have beside their MD5.
    pub hash_name: &'static str,
}

/// Reads a patch.
///
/// # Errors
/// 415 for another media type, 400 or 403 with what is wrong.
pub fn parse(content_type: &str, bytes: &[u8]) -> Result<Vec<Change>, Fault> {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let Some(draft) = MEDIA_TYPES.iter().position(|known| *known == media_type) else {
        let allowed = MEDIA_TYPES.join(", ");
        let why = format!("Image PATCH expects Content-Type one of: {allowed}");
        return Err(Fault::new(415, why).with_header("Accept-Patch", allowed));
    };
    let body = body(bytes)?;
    let Value::Array(operations) = body else {
        return Err(Fault::bad_request("Request body must be a JSON array of operation objects."));
    };
    if operations.len() > MAX_CHANGES {
        return Err(Fault::new(413, format!("A patch has at most {MAX_CHANGES} operations.")));
    }
    operations.iter().map(|operation| change(operation, draft == 0)).collect()
}

fn change(raw: &Value, older: bool) -> Result<Change, Fault> {
    let Value::Object(raw) = raw else {
        return Err(Fault::bad_request("Operations must be JSON objects."));
    };
    let (name, pointer) = if older {
        let mut named = ["add", "remove", "replace"].into_iter().filter(|name| raw.contains_key(*name));
        match (named.next(), named.next()) {
            (Some(name), None) => (name, raw.get(name)),
            _ => {
                return Err(Fault::bad_request(
                    "Operation objects must contain exactly one member named \"add\", \"remove\", or \"replace\".",
                ));
            }
        }
    } else {
        let available = "It must be one of the following: add, remove, replace.";
        let name = raw.get("op").ok_or_else(|| {
            Fault::bad_request(format!("Unable to find `op` in JSON Schema change. {available}"))
        })?;
        let pointer = raw
            .get("path")
            .ok_or_else(|| Fault::bad_request("Unable to find 'path' in JSON Schema change"))?;
        match name.as_str() {
            Some(name @ ("add" | "remove" | "replace")) => (name, Some(pointer)),
            _ => {
                let name = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
                return Err(Fault::bad_request(format!("Invalid operation: `{}`. {available}", echo(&name))));
            }
        }
    };
    let pointer = pointer.and_then(Value::as_str).unwrap_or_default();
    let operation = match name {
        "add" => Operation::Add,
        "remove" => Operation::Remove,
        _ => Operation::Replace,
    };
    let path = decode(pointer)?;
    let depth = if path[0] == "locations" && operation != Operation::Replace { 2 } else { 1 };
    if path.len() != depth {
        let shown = path.join("/");
        return Err(Fault::bad_request(format!(
            "Invalid JSON pointer for this resource: '/{}'",
            echo(&shown)
        )));
    }
    let field = path[0].clone();
    let value = match (operation, raw.get("value")) {
        (Operation::Remove, _) => Value::Null,
        (_, Some(value)) => value.clone(),
        (_, None) => {
            return Err(Fault::bad_request(format!(
                "Operation \"{name}\" requires a member named \"value\"."
            )));
        }
    };
    if READ_ONLY.contains(&field.as_str()) {
        return Err(Fault::new(403, format!("Attribute '{field}' is read-only.")));
    }
    check_not_reserved(&field)?;
    Ok(Change { operation, field, item: path.get(1).cloned(), value, older })
}

fn decode(pointer: &str) -> Result<Vec<String>, Fault> {
    let shown = echo(pointer);
    let refused = |why: &str| Err(Fault::bad_request(format!("Pointer `{shown}` {why}")));
    if !pointer.starts_with('/') {
        return refused("does not start with \"/\".");
    }
    if pointer[1..].contains("//") {
        return refused("contains adjacent \"/\".");
    }
    if pointer.len() > 1 && pointer.ends_with('/') {
        return refused("end with \"/\".");
    }
    let escapes = pointer.split('~').skip(1);
    if escapes.into_iter().any(|after| !after.starts_with(['0', '1'])) {
        return refused("contains \"~\" not part of a recognized escape sequence.");
    }
    let part = |part: &str| part.replace("~1", "/").replace("~0", "~").trim().to_owned();
    Ok(pointer[1..].split('/').map(part).collect())
}

/// The addresses that a patch brings.
#[must_use]
pub fn new_urls(changes: &[Change]) -> Vec<String> {
    let locations = changes.iter().filter(|change| change.field == "locations");
    let values = locations.flat_map(|change| match &change.value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    });
    values.filter_map(|value| value.get("url")?.as_str().map(str::to_owned)).collect()
}

/// Applies a patch.
///
/// # Errors
/// What cannot be changed so; the image is then to be thrown away.
pub fn apply(image: &mut Image, changes: &[Change], context: &Context<'_>) -> Result<(), Fault> {
    changes.iter().try_for_each(|change| apply_one(image, change, context))
}

fn apply_one(image: &mut Image, change: &Change, context: &Context<'_>) -> Result<(), Fault> {
    let field = change.field.as_str();
    if field == "locations" {
        return locations(image, change, context);
    }
    let is_field = FIELDS.contains(&field);
    let is_there = is_field || image.properties.get(field).is_some();
    match change.operation {
        Operation::Remove if is_field => {
            Err(Fault::new(403, format!("Property {field} may not be removed.")))
        }
        Operation::Remove | Operation::Replace if !is_there => {
            Err(Fault::new(409, format!("Property {} does not exist.", echo(field))))
        }
        Operation::Add if is_there && change.older => {
            Err(Fault::new(409, format!("Property {} already present.", echo(field))))
        }
        Operation::Remove => {
            image.properties.0.remove(field);
            Ok(())
        }
        Operation::Add | Operation::Replace => {
            check_may_change(image, change, context)?;
            set(image, field, &change.value, context.formats).map(|_| ())
        }
    }
}

fn check_may_change(image: &Image, change: &Change, context: &Context<'_>) -> Result<(), Fault> {
    let field = change.field.as_str();
    if field == "owner" && !context.is_admin {
        return Err(Fault::new(403, "Owner can't be updated by non admin."));
    }
    let is_open = matches!(image.status, ImageStatus::Queued | ImageStatus::Importing);
    if matches!(field, "disk_format" | "container_format") && !is_open {
        return Err(Fault::new(403, format!("Attribute {field} can be only replaced for a queued image.")));
    }
    Ok(())
}

fn locations(image: &mut Image, change: &Change, context: &Context<'_>) -> Result<(), Fault> {
    let (doing, statuses): (_, &[_]) = match change.operation {
        Operation::Add => ("add", &[ImageStatus::Active, ImageStatus::Queued]),
        Operation::Remove => ("remove", &[ImageStatus::Active]),
        Operation::Replace => ("update", &[ImageStatus::Active, ImageStatus::Queued]),
    };
    if !context.shows_locations {
        let why = format!("It's not allowed to {doing} locations if locations are invisible.");
        return Err(Fault::new(403, why));
    }
    if change.operation == Operation::Replace && change.value.as_array().is_some_and(Vec::is_empty) {
        return Err(Fault::new(403, "Cannot set locations to empty list."));
    }
    if !statuses.contains(&image.status) {
        let doing = if doing == "update" { "replace" } else { doing };
        let why = format!("It's not allowed to {doing} locations if image status is {}.", image.status);
        return Err(Fault::new(409, why));
    }
    match change.operation {
        Operation::Add => add_location(image, change, context),
        Operation::Remove => remove_location(image, change),
        Operation::Replace => replace_locations(image, &change.value, context),
    }
}

fn add_location(image: &mut Image, change: &Change, context: &Context<'_>) -> Result<(), Fault> {
    let place = match change.item.as_deref() {
        Some("-") => Some(image.locations.len()),
        Some(digits) => digits.parse().ok().filter(|place| *place <= image.locations.len()),
        None => None,
    };
    let place = place.ok_or_else(|| Fault::bad_request("Invalid position for adding a location."))?;
    let location = location(&change.value, context)?;
    if image.locations.iter().any(|known| known.url == location.url) {
        return Err(Fault::bad_request(format!("The location {} already exists", echo(&location.url))));
    }
    validation(image, &change.value, context)?;
    activate(image, &location, context)?;
    image.locations.insert(place, location);
    Ok(())
}

fn remove_location(image: &mut Image, change: &Change) -> Result<(), Fault> {
    if image.locations.len() == 1 {
        return Err(Fault::new(403, "Cannot remove last location in the image."));
    }
    let place = change.item.as_deref().and_then(|item| match item {
        "-" => image.locations.len().checked_sub(1),
        digits => digits.parse().ok().filter(|place| *place < image.locations.len()),
    });
    let place = place.ok_or_else(|| Fault::bad_request("Invalid position for removing a location."))?;
    if image.locations[place].store.is_some() && image.locations[place].url.starts_with("file:") {
        // Its data would be left: a copy in a store is deleted from the store.
        return Err(Fault::new(403, "A copy in a store is removed with DELETE /v2/stores/{store}/{image}."));
    }
    image.locations.remove(place);
    Ok(())
}

/// Replaces all locations: of an image without any, or by the same ones with other metadata.
fn replace_locations(image: &mut Image, value: &Value, context: &Context<'_>) -> Result<(), Fault> {
    let items = value.as_array().ok_or_else(|| mismatch("locations are not of type 'array'"))?;
    if image.locations.is_empty() {
        for item in items {
            let location = location(item, context)?;
            validation(image, item, context)?;
            activate(image, &location, context)?;
            image.locations.push(location);
        }
        return Ok(());
    }
    let mut replaced = Vec::with_capacity(items.len());
    for item in items {
        let (url, metadata) = parts(item)?;
        let known = image.locations.iter().find(|known| known.url == url);
        let known = known.ok_or_else(|| Fault::bad_request("Invalid locations"))?;
        replaced.push(ImageLocation { metadata, ..known.clone() });
    }
    let mut urls: Vec<_> = replaced.iter().map(|location| location.url.as_str()).collect();
    urls.sort_unstable();
    urls.dedup();
    if urls.len() != image.locations.len() || replaced.len() != urls.len() {
        return Err(Fault::bad_request("Invalid locations"));
    }
    image.locations = replaced;
    Ok(())
}

/// Address and metadata of a location. The name of the store among the metadata is ours to say.
fn parts(value: &Value) -> Result<(String, String), Fault> {
    let url = value.get("url").and_then(Value::as_str).filter(|url| url.len() <= MAX_URL_BYTES);
    let url = url.ok_or_else(|| mismatch("'url' is a required property"))?;
    let metadata = value.get("metadata").and_then(Value::as_object);
    let mut metadata = metadata.ok_or_else(|| mismatch("'metadata' is a required property"))?.clone();
    metadata.shift_remove("store");
    Ok((url.to_owned(), Value::Object(metadata).to_string()))
}

fn location(value: &Value, context: &Context<'_>) -> Result<ImageLocation, Fault> {
    let (url, metadata) = parts(value)?;
    // Only what lies on the web: an address of a file would show files of this machine.
    if context.web_store.is_none() || !context.sizes.contains_key(&url) {
        return Err(Fault::bad_request("Invalid location"));
    }
    Ok(ImageLocation { store: context.web_store.clone(), url, metadata })
}

/// An image without data becomes active with its first location.
fn activate(image: &mut Image, location: &ImageLocation, context: &Context<'_>) -> Result<(), Fault> {
    if image.status != ImageStatus::Queued {
        return Ok(());
    }
    if image.disk_format.is_none() || image.container_format.is_none() {
        return Err(Fault::bad_request(
            "Properties disk_format, container_format must be set prior to saving data.",
        ));
    }
    image.size_bytes = context.sizes.get(&location.url).copied();
    image.status = ImageStatus::Active;
    Ok(())
}

/// Takes over hashes that come with a location, or finds them to be those of the image.
fn validation(image: &mut Image, value: &Value, context: &Context<'_>) -> Result<(), Fault> {
    let Some(data) = value.get("validation_data") else { return Ok(()) };
    let text = |key: &str| data.get(key).and_then(Value::as_str).map(str::to_owned);
    let conflict = |why: String| Err(Fault::new(409, why));
    let given = [
        ("checksum", &image.checksum),
        ("os_hash_algo", &image.os_hash_algo),
        ("os_hash_value", &image.os_hash_value),
    ];
    let mut is_new = false;
    for (key, current) in given {
        match (text(key), current) {
            (None, _) => {}
            (Some(new), Some(current)) if new == *current => {}
            (Some(_), Some(_)) => return conflict(format!("{key} is already set with a different value")),
            (Some(_), None) => is_new = true,
        }
    }
    if !is_new {
        return Ok(());
    }
    if image.status != ImageStatus::Queued {
        return conflict("New value(s) may only be provided when image status is 'queued'".to_owned());
    }
    let is_hex =
        |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if text("checksum").is_some_and(|md5| !is_hex(&md5, 32)) {
        return conflict("checksum is not the correct size for md5 (should be 16 bytes)".to_owned());
    }
    if text("os_hash_algo").as_deref() != Some(context.hash_name) {
        let got = text("os_hash_algo").unwrap_or_else(|| "None".to_owned());
        return conflict(format!("os_hash_algo must be {}, not {}", context.hash_name, echo(&got)));
    }
    if !text("os_hash_value").is_some_and(|hash| is_hex(&hash, 128)) {
        return conflict("os_hash_value is not the correct size for sha512 (should be 64 bytes)".to_owned());
    }
    image.checksum = text("checksum");
    image.os_hash_algo = text("os_hash_algo");
    image.os_hash_value = text("os_hash_value");
    Ok(())
}
