//! The Key Manager API v1, as much of it as compute services need to fetch the keys of encrypted volumes (as castellan
//! does): a secret and its payload, by its identifier, for members of the project of what it opens, for services and for
//! administrators. Nothing can be listed, made or removed.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};
use model::KeyId;
use operations::keys::{KeyFacts, ServedKeys};
use serde_json::{Value, json};

use crate::http::base_url;
use crate::tokens::{TokenRefused, Tokens};

/// Where the API is on its port.
pub const PATH: &str = "/key-manager";
/// Who may have the keys of a project's volumes there.
const ROLE: &str = "member";
/// Who may have them anywhere, besides administrators.
const SERVICE_ROLE: &str = "service";

/// What every request shares.
#[derive(Clone)]
pub struct KeyManagerApi {
    /// Who stands behind tokens.
    pub tokens: Arc<dyn Tokens>,
    /// The keys.
    pub keys: ServedKeys,
    /// The URL of the listening socket.
    pub local_url: String,
}

/// Serves the API below [`PATH`].
pub fn router(api: KeyManagerApi) -> Router {
    Router::new()
        .route("/key-manager", get(versions))
        .route("/key-manager/", get(versions))
        .route("/key-manager/v1", get(version))
        .route("/key-manager/v1/", get(version))
        .route("/key-manager/v1/secrets/{id}", get(show))
        .route("/key-manager/v1/secrets/{id}/payload", get(payload))
        .with_state(api)
}

async fn versions(State(api): State<KeyManagerApi>, headers: HeaderMap) -> Response {
    written(300, &json!({"versions": [described(&api, &headers)]}))
}

async fn version(State(api): State<KeyManagerApi>, headers: HeaderMap) -> Response {
    written(200, &json!({"version": described(&api, &headers)}))
}

fn described(api: &KeyManagerApi, headers: &HeaderMap) -> Value {
    let url = format!("{}/v1/", root(api, headers));
    json!({
        "id": "v1",
        "status": "stable",
        "updated": "2021-02-10T00:00:00Z",
        "links": [{"rel": "self", "href": url}],
        "media-types": [
            {"base": "application/json", "type": "application/vnd.openstack.key-manager-v1+json"},
        ],
    })
}

fn root(api: &KeyManagerApi, headers: &HeaderMap) -> String {
    format!("{}{PATH}", base_url(headers, None, &api.local_url))
}

async fn show(State(api): State<KeyManagerApi>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let facts = match allowed(&api, &id, &headers).await {
        Ok(facts) => facts,
        Err(refused) => return refused,
    };
    let url = format!("{}/v1/secrets/{}", root(&api, &headers), facts.id);
    let created = facts.created_at.to_string();
    written(
        200,
        &json!({
            "status": "ACTIVE",
            "created": created,
            "updated": created,
            "expiration": null,
            "name": facts.name,
            "secret_type": "symmetric",
            "algorithm": facts.algorithm,
            "bit_length": facts.bits,
            "mode": null,
            "creator_id": null,
            "content_types": {"default": "application/octet-stream"},
            "secret_ref": url,
        }),
    )
}

async fn payload(State(api): State<KeyManagerApi>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let facts = match allowed(&api, &id, &headers).await {
        Ok(facts) => facts,
        Err(refused) => return refused,
    };
    match api.keys.secret(facts.id).await {
        Ok(secret) => {
            let body = Body::from(secret.expose().clone());
            answer(StatusCode::OK, "application/octet-stream", body)
        }
        Err(error) => {
            tracing::error!(key = %facts.id, %error, "a key cannot be opened");
            refusal(500, "Internal Server Error", "Secret payload retrieval failure seen.")
        }
    }
}

/// The key, if whoever asks may have it.
async fn allowed(api: &KeyManagerApi, id: &str, headers: &HeaderMap) -> Result<KeyFacts, Response> {
    let token = headers.get("x-auth-token").and_then(|token| token.to_str().ok()).unwrap_or_default();
    let credentials = api.tokens.validate(token).await.map_err(|refused| match refused {
        TokenRefused::Invalid => {
            refusal(401, "Unauthorized", "The request you have made requires authentication.")
        }
        TokenRefused::Unavailable(_) => {
            refusal(503, "Service Unavailable", "Nobody can be asked about the token.")
        }
    })?;
    let missing = || refusal(404, "Not Found", "Secret not found.");
    let id: KeyId = id.parse().map_err(|_| missing())?;
    let found = api.keys.facts(id).await.map_err(|error| {
        tracing::error!(error = error.chain(), "a key cannot be looked up");
        refusal(500, "Internal Server Error", "Secret retrieval failure seen.")
    })?;
    let facts = found.ok_or_else(missing)?;
    let is_owner = facts
        .owner
        .as_ref()
        .is_some_and(|owner| credentials.project_id() == Some(owner.as_str()) && credentials.has_role(ROLE));
    if is_owner || credentials.is_admin || credentials.has_role(SERVICE_ROLE) {
        return Ok(facts);
    }
    let why = "Secret retrieval attempt not allowed - please review your user/project privileges";
    Err(refusal(403, "Forbidden", why))
}

fn refusal(code: u16, title: &str, description: &str) -> Response {
    written(code, &json!({"code": code, "title": title, "description": description}))
}

fn written(code: u16, body: &Value) -> Response {
    let code = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer(code, "application/json", Body::from(body.to_string()))
}

fn answer(code: StatusCode, content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = code;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    response
}
