//! A token and the volume service's address, from any Identity API v3.

use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};

use crate::client::{Client, split_address};
use crate::error::Error;

/// Who asks.
pub(crate) struct Credentials {
    pub(crate) auth_url: String,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) project: String,
    pub(crate) domain: String,
}

/// What the identity service gave.
pub(crate) struct Login {
    pub(crate) token: String,
    pub(crate) project_id: String,
    /// The volume service of the project.
    pub(crate) endpoint: String,
    /// The image service, where there is one.
    pub(crate) images: Option<String>,
}

/// The names that the volume service has in catalogs.
const SERVICE_TYPES: [&str; 2] = ["block-storage", "volumev3"];

/// Logs in with a password. `endpoint` overrides the catalog; the project's id is added to it if it is missing.
pub(crate) async fn log_in(credentials: &Credentials, endpoint: Option<&str>) -> Result<Login, Error> {
    let (authority, path) = split_address(&credentials.auth_url)?;
    let path = if path.ends_with("/v3") { path } else { format!("{path}/v3") };
    let client = Client::new(&authority, Vec::new());
    let domain = json!({ "name": credentials.domain });
    let body = json!({"auth": {
        "identity": {"methods": ["password"], "password": {"user": {
            "name": credentials.user, "domain": domain, "password": credentials.password,
        }}},
        "scope": {"project": {"name": credentials.project, "domain": domain}},
    }});
    let path = format!("{path}/auth/tokens");
    let reply = client.send(&Method::POST, &path, Some(&Bytes::from(body.to_string()))).await?;
    if reply.status != 201 {
        let body = String::from_utf8_lossy(&reply.body).into_owned();
        return Err(Error::Refused { method: "POST".into(), path, status: reply.status, body });
    }
    let token = reply.headers.get("x-subject-token").and_then(|value| value.to_str().ok());
    let token = token.ok_or(Error::Shape("X-Subject-Token"))?.to_owned();
    let body: Value = serde_json::from_slice(&reply.body).map_err(|_| Error::Shape("a token"))?;
    let project_id = body.pointer("/token/project/id").and_then(Value::as_str);
    let project_id = project_id.ok_or(Error::Shape("token.project.id"))?.to_owned();
    let catalog = &body["token"]["catalog"];
    let endpoint = match endpoint {
        Some(given) if given.contains(&project_id) => given.to_owned(),
        Some(given) => format!("{}/{project_id}", given.trim_end_matches('/')),
        None => {
            find_endpoint(catalog, &SERVICE_TYPES).ok_or(Error::Shape("a volume service in the catalog"))?
        }
    };
    Ok(Login { token, project_id, endpoint, images: find_endpoint(catalog, &["image"]) })
}

fn find_endpoint(catalog: &Value, types: &[&str]) -> Option<String> {
    let services = catalog.as_array()?;
    let by_type = |wanted: &&str| services.iter().find(|service| service["type"] == *wanted);
    let service = types.iter().find_map(by_type)?;
    let endpoints = service["endpoints"].as_array()?;
    let public = endpoints.iter().find(|endpoint| endpoint["interface"] == "public")?;
    public["url"].as_str().map(str::to_owned)
}
