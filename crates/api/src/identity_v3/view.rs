//! How resources are shown.

use serde_json::{Map, Value, json};

use super::call::Request;
use crate::http::Reply;

/// One resource under its noun: `{"user": {…}}`.
#[must_use]
pub(crate) fn member(status: u16, noun: &str, resource: Value) -> Reply {
    let mut body = Map::new();
    body.insert(noun.to_owned(), resource);
    reply(status, &Value::Object(body))
}

/// A list of resources under their noun, with the links of a list.
#[must_use]
pub(crate) fn collection(request: &Request, nouns: &str, resources: Vec<Value>) -> Reply {
    let mut body = Map::new();
    body.insert(nouns.to_owned(), Value::Array(resources));
    body.insert("links".to_owned(), json!({"next": null, "self": request.self_url, "previous": null}));
    reply(200, &Value::Object(body))
}

/// Any JSON.
#[must_use]
pub(crate) fn reply(status: u16, body: &Value) -> Reply {
    Reply::json(status, body.to_string().into_bytes())
}

/// `own`, with the attributes that are kept without being read (a JSON object) behind it, and its link.
#[must_use]
pub(crate) fn resource(request: &Request, path: &str, own: Value, extra: &str) -> Value {
    let mut shown: Map<String, Value> = serde_json::from_str(extra).unwrap_or_default();
    if let Value::Object(own) = own {
        shown.extend(own);
    }
    shown.insert("links".to_owned(), json!({"self": request.url(path)}));
    Value::Object(shown)
}
