//! Metadata as a resource of its own.

use model::Metadata;

use super::one;
use crate::json::write::to_object;

/// `{"metadata": {…}}`
#[must_use]
pub fn all(metadata: &Metadata) -> Vec<u8> {
    to_object(|reply| {
        reply.put("metadata", metadata);
    })
}

/// `{"meta": {"key": "value"}}`
#[must_use]
pub fn item(key: &str, value: &str) -> Vec<u8> {
    one("meta", |pairs| {
        pairs.put_dynamic(key, value);
    })
}
