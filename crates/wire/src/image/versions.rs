//! `GET /versions`: the revisions of the Image API.

use serde_json::{Value, json};

/// The revisions; some are there only with several stores, some only with a cache.
const ALWAYS: [&str; 11] =
    ["v2.0", "v2.1", "v2.2", "v2.3", "v2.4", "v2.5", "v2.6", "v2.7", "v2.9", "v2.15", "v2.17"];
const BACKENDS: [&str; 5] = ["v2.8", "v2.10", "v2.11", "v2.12", "v2.13"];
const CACHE: [&str; 3] = ["v2.14", "v2.16", "v2.18"];

/// Every revision, the newest first.
#[must_use]
pub fn list(base_url: &str, several_stores: bool, has_cache: bool) -> Value {
    let mut ids: Vec<&str> = ALWAYS.to_vec();
    if several_stores {
        ids.extend(BACKENDS);
    }
    if has_cache {
        ids.extend(CACHE);
    }
    let minor = |id: &str| id.trim_start_matches("v2.").parse::<u32>().unwrap_or(0);
    ids.sort_by_key(|id| std::cmp::Reverse(minor(id)));
    let newest = ids.first().copied();
    let versions: Vec<Value> = ids
        .iter()
        .map(|id| {
            let status = if Some(*id) == newest { "CURRENT" } else { "SUPPORTED" };
            let links = json!([{"rel": "self", "href": format!("{base_url}/v2/")}]);
            json!({"id": id, "status": status, "links": links})
        })
        .collect();
    json!({"versions": versions})
}
