//! Changes of where the data of an image are.

use model::{Image, ImageLocation, ImageStatus};
use serde_json::Value;

use super::super::field::mismatch;
use super::{Change, Context, Operation};
use crate::Fault;
use crate::fault::echo;

/// Longest address of a location, in bytes.
const MAX_URL_BYTES: usize = 2048;

pub(super) fn apply(image: &mut Image, change: &Change, context: &Context<'_>) -> Result<(), Fault> {
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
        Operation::Remove => remove_location(image, change, context),
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

fn remove_location(image: &mut Image, change: &Change, context: &Context<'_>) -> Result<(), Fault> {
    if image.locations.len() == 1 {
        return Err(Fault::new(403, "Cannot remove last location in the image."));
    }
    let place = change.item.as_deref().and_then(|item| match item {
        "-" => image.locations.len().checked_sub(1),
        digits => digits.parse().ok().filter(|place| *place < image.locations.len()),
    });
    let place = place.ok_or_else(|| Fault::bad_request("Invalid position for removing a location."))?;
    let store = &image.locations[place].store;
    if store.is_some() && *store != context.web_store {
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
