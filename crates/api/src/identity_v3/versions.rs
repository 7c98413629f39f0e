//! Which versions of the API there are: asked before anything else, by anybody.

use serde_json::{Value, json};

use super::Fault;
use super::call::Request;
use super::view::reply;
use crate::http::Reply;

/// `GET /`.
pub(crate) async fn list(request: Request) -> Result<Reply, Fault> {
    let body = json!({"versions": {"values": [version(&request)]}});
    Ok(reply(300, &body).with_header(http::header::LOCATION, request.url("")))
}

/// `GET /v3`.
pub(crate) async fn show(request: Request) -> Result<Reply, Fault> {
    Ok(reply(200, &json!({"version": version(&request)})))
}

fn version(request: &Request) -> Value {
    json!({
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": request.url("")}],
        "media-types": [
            {"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"},
        ],
    })
}
