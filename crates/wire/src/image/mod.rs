//! The Image API v2 as bytes: records, JSON patches, list queries, schemas, faults.

pub mod create;
pub mod fault;
pub mod import;
pub mod patch;
pub mod query;
pub mod schema;
pub mod tasks;
pub mod versions;
pub mod view;

mod field;

pub use field::Formats;

use serde_json::Value;

use crate::Fault;

/// Reads a request body that has to be there.
///
/// # Errors
/// 400 for what is no JSON, 413 for more than may be read.
pub fn body(bytes: &[u8]) -> Result<Value, Fault> {
    if bytes.is_empty() {
        return Err(Fault::bad_request("Body expected in request."));
    }
    crate::json::parse(bytes)
}

/// Names that clients may not use for properties.
const RESERVED: [&str; 3] = ["location", "deleted", "deleted_at"];
/// What the service's own properties begin with.
pub const OWN_PREFIX: &str = "os_glance";

/// Refuses a name that is ours.
fn check_not_reserved(name: &str) -> Result<(), Fault> {
    if RESERVED.contains(&name) || name.starts_with(OWN_PREFIX) {
        return Err(Fault::new(403, format!("Attribute '{}' is reserved.", crate::fault::echo(name))));
    }
    Ok(())
}
