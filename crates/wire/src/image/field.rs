//! The fields of an image that clients set, and what may be in them.

use std::collections::BTreeSet;

use model::{Image, ProjectId};
use serde_json::Value;

use crate::Fault;
use crate::fault::echo;

/// Longest name, tag, owner or property name, in characters.
pub(super) const MAX_CHARS: usize = 255;
/// Longest property value, in characters.
const MAX_PROPERTY_CHARS: usize = 65_535;
/// Largest number that a client may give (a 32-bit column of the service that this one stands in for).
const MAX_NUMBER: u64 = 2_147_483_647;
/// Properties that may be null, which is to say absent.
const NULLABLE: [&str; 6] =
    ["kernel_id", "ramdisk_id", "instance_uuid", "architecture", "os_distro", "os_version"];

/// The formats that images may have.
#[derive(Debug, Clone)]
pub struct Formats {
    /// Of disks.
    pub disk: Vec<String>,
    /// Of containers.
    pub container: Vec<String>,
}

/// The fault of a value that does not fit.
pub(super) fn mismatch(why: impl std::fmt::Display) -> Fault {
    Fault::bad_request(format!("Provided object does not match schema 'image': {why}"))
}

fn shown(value: &Value) -> String {
    echo(&value.to_string()).into_owned()
}

fn wrong_type(value: &Value, wanted: &str) -> Fault {
    mismatch(format_args!("{} is not of type '{wanted}'", shown(value)))
}

fn text(value: &Value, longest: usize) -> Result<String, Fault> {
    let text = value.as_str().ok_or_else(|| wrong_type(value, "string"))?;
    if text.chars().count() > longest {
        return Err(mismatch(format_args!("'{}' is too long", echo(text))));
    }
    // A four-byte character is fine, one that ends texts elsewhere is not.
    if text.contains('\0') {
        return Err(mismatch("a text holds a null character"));
    }
    Ok(text.to_owned())
}

fn optional_text(value: &Value) -> Result<Option<String>, Fault> {
    if value.is_null() { Ok(None) } else { text(value, MAX_CHARS).map(Some) }
}

fn flag(value: &Value) -> Result<bool, Fault> {
    value.as_bool().ok_or_else(|| wrong_type(value, "boolean"))
}

fn number(name: &str, value: &Value) -> Result<u64, Fault> {
    if value.as_i64().is_some_and(|number| number < 0) {
        return Err(Fault::bad_request(format!(
            "Invalid value '{value}' for parameter '{name}': Cannot be a negative value"
        )));
    }
    let number = value.as_u64().ok_or_else(|| wrong_type(value, "integer"))?;
    if number > MAX_NUMBER {
        return Err(mismatch(format_args!("{number} is greater than the maximum of {MAX_NUMBER}")));
    }
    Ok(number)
}

fn one_of(value: &Value, known: &[String]) -> Result<Option<String>, Fault> {
    let text = optional_text(value)?;
    match text {
        Some(text) if !known.contains(&text) => {
            let known = known.join("', '");
            Err(mismatch(format_args!("'{}' is not one of [None, '{known}']", echo(&text))))
        }
        other => Ok(other),
    }
}

/// The tags in an array of texts.
pub(super) fn tags(value: &Value) -> Result<BTreeSet<String>, Fault> {
    let items = value.as_array().ok_or_else(|| wrong_type(value, "array"))?;
    items.iter().map(|item| text(item, MAX_CHARS)).collect()
}

/// Sets a field, or the property of this name. False for a null that stands for a property's absence.
pub(super) fn set(image: &mut Image, name: &str, value: &Value, formats: &Formats) -> Result<bool, Fault> {
    match name {
        "name" => image.name = optional_text(value)?,
        "visibility" => {
            let word = text(value, MAX_CHARS)?;
            let known = "'community', 'public', 'private', 'shared'";
            image.visibility = word
                .parse()
                .map_err(|_| mismatch(format_args!("'{}' is not one of [{known}]", echo(&word))))?;
        }
        "protected" => image.protected = flag(value)?,
        "os_hidden" => image.hidden = flag(value)?,
        "owner" => image.owner = optional_text(value)?.map(ProjectId::new),
        "disk_format" => image.disk_format = one_of(value, &formats.disk)?,
        "container_format" => image.container_format = one_of(value, &formats.container)?,
        "min_disk" => image.min_disk_gib = number(name, value)?,
        "min_ram" => image.min_ram_mib = number(name, value)?,
        "tags" => image.tags = tags(value)?,
        property => return set_property(image, property, value),
    }
    Ok(true)
}

fn set_property(image: &mut Image, name: &str, value: &Value) -> Result<bool, Fault> {
    if name.chars().count() > MAX_CHARS {
        return Err(Fault::bad_request("Custom property should not be greater than 255 characters."));
    }
    if value.is_null() && NULLABLE.contains(&name) {
        image.properties.0.remove(name);
        return Ok(false);
    }
    image.properties.0.insert(name.to_owned(), text(value, MAX_PROPERTY_CHARS)?);
    Ok(true)
}

/// The fields that every image has, beside its properties.
pub(super) const FIELDS: [&str; 10] = [
    "name",
    "visibility",
    "protected",
    "os_hidden",
    "owner",
    "disk_format",
    "container_format",
    "min_disk",
    "min_ram",
    "tags",
];
