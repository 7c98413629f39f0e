//! The scheduler hints that name volumes or servers.

use serde_json::{Map, Value};

use crate::explain::shortened;
use crate::request::RequestFault;

pub(crate) const DIFFERENT_HOST: &str = "different_host";
pub(crate) const SAME_HOST: &str = "same_host";
pub(crate) const LOCAL_TO_INSTANCE: &str = "local_to_instance";

/// The volumes that a hint names.
#[derive(Debug, PartialEq)]
pub(crate) enum VolumeIds<'r> {
    NotAsked,
    /// Something in it is not an id: better to place nothing than to ignore it.
    Invalid,
    These(Vec<&'r str>),
}

/// Reads a hint that is one id or a list of ids.
pub(crate) fn volume_ids<'r>(hints: &'r Map<String, Value>, hint: &str) -> VolumeIds<'r> {
    let ids: Option<Vec<&str>> = match hints.get(hint) {
        None => return VolumeIds::NotAsked,
        Some(Value::Array(list)) => list.iter().map(uuid).collect(),
        Some(one) => uuid(one).map(|id| vec![id]),
    };
    match ids {
        None => VolumeIds::Invalid,
        Some(ids) if ids.is_empty() => VolumeIds::NotAsked,
        Some(ids) => VolumeIds::These(ids),
    }
}

/// The server of the hint `local_to_instance`; null and the empty string ask for nothing.
pub(crate) fn local_to_instance(hints: &Map<String, Value>) -> Result<Option<&str>, RequestFault> {
    match hints.get(LOCAL_TO_INSTANCE) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(value) => uuid(value).map(Some).ok_or_else(|| RequestFault::NotUuid(printable(value))),
    }
}

/// The server that a volume with these hints shall be near to, when `local_to_instance` names one by a well-formed id.
#[must_use]
pub fn server_to_be_near(hints: &Map<String, Value>) -> Option<&str> {
    local_to_instance(hints).ok().flatten()
}

fn uuid(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| is_uuid_like(text))
}

/// Thirty-two hexadecimal digits, however they are grouped, with or without braces and `urn:uuid:`.
fn is_uuid_like(text: &str) -> bool {
    let bare = text.trim_start_matches("urn:").trim_start_matches("uuid:").trim_matches(['{', '}']);
    let mut digits = 0;
    for byte in bare.bytes().filter(|byte| *byte != b'-') {
        if !byte.is_ascii_hexdigit() {
            return false;
        }
        digits += 1;
    }
    digits == 32
}

fn printable(value: &Value) -> String {
    const MAX_CHARS: usize = 64;
    match value {
        Value::String(text) => shortened(&text.escape_debug().to_string(), MAX_CHARS).into_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a dictionary".to_owned(),
        scalar => scalar.to_string(),
    }
}
