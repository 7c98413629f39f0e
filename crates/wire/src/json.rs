//! Bytes to JSON values within limits, and serialisable values to bytes.

pub mod write;

use model::limits::{MAX_BODY_BYTES, MAX_JSON_DEPTH};
use serde::Serialize;
use serde_json::Value;

use crate::Fault;

/// The JSON text of `value`.
///
/// Only a map whose keys are not strings cannot be written; nothing in this crate has one.
#[must_use]
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// Reads a request body.
///
/// # Errors
/// 413 for a body over [`MAX_BODY_BYTES`]; 400 for text that is not JSON or nests deeper than [`MAX_JSON_DEPTH`].
pub fn parse(body: &[u8]) -> Result<Value, Fault> {
    if body.len() > MAX_BODY_BYTES {
        return Err(Fault::body_too_large());
    }
    if body.is_empty() {
        return Err(Fault::malformed());
    }
    if depth(body) > MAX_JSON_DEPTH {
        return Err(Fault::malformed_body());
    }
    serde_json::from_slice(body).map_err(|_| Fault::malformed_body())
}

/// How deep arrays and objects nest, by counting brackets outside of strings: exact for valid JSON.
fn depth(text: &[u8]) -> usize {
    let (mut now, mut deepest) = (0_usize, 0_usize);
    let (mut in_string, mut escaped) = (false, false);
    for &byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                now += 1;
                deepest = deepest.max(now);
            }
            b']' | b'}' if !in_string => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests;
