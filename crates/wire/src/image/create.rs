//! `POST /v2/images`: the record of an image.

use std::collections::BTreeSet;

use model::{Image, ImageId, ImageStatus, ImageVisibility, Metadata, ProjectId, Timestamp};
use serde_json::Value;

use super::field::{Formats, mismatch, set};
use super::{body, check_not_reserved};
use crate::Fault;

/// What only the service says.
const READ_ONLY: [&str; 5] = ["direct_url", "self", "file", "schema", "stores"];
/// What only the service says, and what a client may nevertheless send, as long as it is ignored.
const COMPUTED: [&str; 8] = [
    "checksum",
    "created_at",
    "updated_at",
    "size",
    "virtual_size",
    "status",
    "os_hash_algo",
    "os_hash_value",
];

/// An image of `project` without data.
#[must_use]
pub fn blank(project: Option<ProjectId>) -> Image {
    Image {
        id: ImageId::random(),
        owner: project,
        name: None,
        status: ImageStatus::Queued,
        visibility: ImageVisibility::Shared,
        disk_format: None,
        container_format: None,
        size_bytes: None,
        virtual_size_bytes: None,
        checksum: None,
        os_hash_algo: None,
        os_hash_value: None,
        min_disk_gib: 0,
        min_ram_mib: 0,
        protected: false,
        hidden: false,
        properties: Metadata::default(),
        tags: BTreeSet::new(),
        locations: Vec::new(),
        worker: None,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    }
}

/// Reads the record that a client of `project` asks for.
///
/// # Errors
/// 400 or 403 with what is wrong.
pub fn parse(bytes: &[u8], project: Option<ProjectId>, formats: &Formats) -> Result<Image, Fault> {
    let body = body(bytes)?;
    let Value::Object(fields) = body else {
        return Err(mismatch("the request is not of type 'object'"));
    };
    let mut image = blank(project);
    for key in READ_ONLY {
        if fields.contains_key(key) {
            return Err(Fault::new(403, format!("Attribute '{key}' is read-only.")));
        }
    }
    for (key, value) in &fields {
        match key.as_str() {
            "id" => image.id = id(value)?,
            "locations" => return Err(Fault::new(403, "Attribute 'locations' is read-only.")),
            computed if COMPUTED.contains(&computed) => {
                return Err(Fault::new(403, format!("Attribute '{computed}' is read-only.")));
            }
            name => {
                check_not_reserved(name)?;
                set(&mut image, name, value, formats)?;
            }
        }
    }
    Ok(image)
}

fn id(value: &Value) -> Result<ImageId, Fault> {
    let text = value.as_str().unwrap_or_default();
    // Only the hyphenated form is an identifier of an image.
    let id: Option<ImageId> = text.parse().ok().filter(|_| text.len() == 36);
    id.ok_or_else(|| mismatch(format_args!("'{}' is not an identifier", crate::fault::echo(text))))
}
