//! Objects in parts: static large objects, whose parts are objects beside them.
//!
//! The part `00001` of the object `x` is called `x-{attempt}-00001`. Objects whose parts Glance wrote (`x-00001`, dynamic
//! large objects) are read and removed just so.

use model::ImageId;
use ports::DriverError;
use ports::backup::{BackupStore, ObjectName};
use serde_json::json;

use super::{SwiftStore, path};
use crate::object::remote::{self, MAX_PAGE_BYTES, hex, md5, refusal};
use crate::object::{InParts, Part};

/// Most parts of an object, as servers have it when nobody says otherwise (`max_manifest_segments`).
const MAX_PARTS: usize = 1000;

fn part(object: &ObjectName, attempt: &str, number: usize) -> Result<ObjectName, DriverError> {
    ObjectName::new(object.container(), &format!("{}-{attempt}-{number:05}", object.name()))
}

impl InParts for SwiftStore {
    fn most_parts(&self) -> usize {
        MAX_PARTS
    }

    fn length_of(&self, object: &ObjectName) -> Result<u64, DriverError> {
        remote::length_of(self, object)
    }

    fn begin(&self, _object: &ObjectName) -> Result<String, DriverError> {
        // Any name that nobody else has.
        Ok(ImageId::random().to_string())
    }

    fn put_part(
        &self,
        object: &ObjectName,
        attempt: &str,
        number: usize,
        bytes: &[u8],
    ) -> Result<Part, DriverError> {
        self.put(&part(object, attempt, number)?, bytes)?;
        Ok(Part { tag: hex(&md5(bytes)), size_bytes: bytes.len() as u64 })
    }

    fn assemble(&self, object: &ObjectName, attempt: &str, parts: &[Part]) -> Result<(), DriverError> {
        let doing = format!("assembling {object}");
        let mut manifest = Vec::with_capacity(parts.len());
        for (number, it) in (1..).zip(parts) {
            let named = part(object, attempt, number)?;
            manifest.push(json!({"path": format!("/{named}"), "etag": it.tag, "size_bytes": it.size_bytes}));
        }
        let manifest = serde_json::Value::Array(manifest).to_string();
        let at = format!("{}?multipart-manifest=put", path(object));
        let reply = self.ask(&doing, ("PUT", &at), &[], Some(manifest.as_bytes()), MAX_PAGE_BYTES)?;
        if reply.is_success() { Ok(()) } else { Err(refusal(&doing, &reply, 0)) }
    }

    fn remove_parts(&self, object: &ObjectName, kept: Option<&str>) -> Result<(), DriverError> {
        let prefix = format!("{}-", object.name());
        let kept = kept.map(|attempt| format!("{prefix}{attempt}-"));
        for found in self.list(object.container(), &prefix)? {
            if !kept.as_ref().is_some_and(|kept| found.name.starts_with(kept.as_str())) {
                self.remove(&ObjectName::new(object.container(), &found.name)?)?;
            }
        }
        Ok(())
    }

    fn address_of(&self, object: &ObjectName) -> String {
        format!("swift://{object}")
    }
}
