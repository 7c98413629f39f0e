//! How resources are shown.

use serde_json::{Map, Value, json};

use super::Fault;
use super::call::Request;
use super::fault::shortened;
use crate::http::Reply;

/// One resource under its noun: `{"user": {…}}`.
#[must_use]
pub(crate) fn member(status: u16, noun: &str, resource: Value) -> Reply {
    let mut body = Map::new();
    body.insert(noun.to_owned(), resource);
    reply(status, &Value::Object(body))
}

/// A list of resources under their noun, with the links of a list. They are in the order of their ids, and the query
/// may ask for `limit` of them behind `marker`.
///
/// # Errors
/// 400 for a limit that is none, 404 for a marker that is not in the list.
pub(crate) fn collection(request: &Request, nouns: &str, mut resources: Vec<Value>) -> Result<Reply, Fault> {
    if let Some(marker) = request.query.get("marker") {
        let position = resources.iter().position(|resource| resource["id"] == marker);
        let gone = || Fault::new(404, format!("Marker {} could not be found.", shortened(marker)));
        resources.drain(..=position.ok_or_else(gone)?);
    }
    let mut next = Value::Null;
    if let Some(limit) = limit(request)?.filter(|limit| *limit < resources.len()) {
        resources.truncate(limit);
        let marker = resources.last().and_then(|last| last["id"].as_str()).unwrap_or_default();
        next = request.url_with("marker", marker).into();
    }
    let is_cut = !next.is_null();
    let mut body = Map::new();
    body.insert(nouns.to_owned(), Value::Array(resources));
    body.insert("links".to_owned(), json!({"next": next, "self": request.self_url, "previous": null}));
    if is_cut {
        body.insert("truncated".to_owned(), true.into());
    }
    Ok(reply(200, &Value::Object(body)))
}

fn limit(request: &Request) -> Result<Option<usize>, Fault> {
    let Some(text) = request.query.get("limit") else { return Ok(None) };
    let number = text.parse().ok().filter(|number| *number > 0);
    let why = || {
        let text = shortened(text);
        format!("Invalid input for field/attribute limit. Value: {text}. '{text}' is not a positive number")
    };
    number.map(Some).ok_or_else(|| Fault::bad_request(why()))
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
