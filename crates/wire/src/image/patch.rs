//! `PATCH /v2/images/{image_id}`: changes as a JSON patch, of which only whole fields and single locations can be named.

mod locations;

use std::collections::BTreeMap;

use model::{Image, ImageStatus};
use serde_json::Value;

use super::field::{FIELDS, Formats, set};
use super::{body, check_not_reserved};
use crate::Fault;
use crate::fault::echo;

/// The media types: an older draft, in which an operation is `{"replace": "/name", "value": …}`, and the newer one.
pub const MEDIA_TYPES: [&str; 2] =
    ["application/openstack-images-v2.0-json-patch", "application/openstack-images-v2.1-json-patch"];
/// Most changes in one request.
const MAX_CHANGES: usize = 1000;

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
        return locations::apply(image, change, context);
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
    // Data that are there were looked at as what they were declared then.
    let has_data = image.checksum.is_some() || !image.locations.is_empty();
    let is_open = match image.status {
        ImageStatus::Queued => true,
        ImageStatus::Importing => !has_data,
        _ => false,
    };
    if matches!(field, "disk_format" | "container_format") && !is_open {
        return Err(Fault::new(403, format!("Attribute {field} can be only replaced for a queued image.")));
    }
    Ok(())
}
