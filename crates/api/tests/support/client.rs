//! A client of the router, and the answers that it gets.

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

/// Somebody who asks. Paths are below `/v3/{project_id}`.
#[derive(Clone)]
pub struct Client<'w> {
    router: Router,
    token: Option<&'static str>,
    project: &'static str,
    version: Option<&'w str>,
    header: Option<(String, String)>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// JSON; null for an empty body.
    pub body: Value,
}

impl<'w> Client<'w> {
    pub(super) fn new(router: Router, token: Option<&'static str>, project: &'static str) -> Self {
        Self { router, token, project, version: None, header: None }
    }

    /// The same, speaking this microversion (`3.52`).
    pub fn at(mut self, version: &'w str) -> Self {
        self.version = Some(version);
        self
    }

    /// The same, with one more header.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.header = Some((name.into(), value.into()));
        self
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None).await
    }

    /// `POST` of JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("POST", path, Some(body.to_string())).await
    }

    /// `PUT` of JSON.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.ask("PUT", path, Some(body.to_string())).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, None).await
    }

    /// Any method, any text, below the project.
    pub async fn ask(&self, method: &str, path: &str, body: Option<String>) -> Answer {
        self.ask_at(method, &format!("/v3/{}{path}", self.project), body).await
    }

    /// Any method, any text, any path.
    pub async fn ask_at(&self, method: &str, path: &str, body: Option<String>) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = Request::builder().method(method).uri(path).header("host", "cloud:8776");
        if let Some(token) = self.token {
            request = request.header("x-auth-token", token);
        }
        if let Some(version) = self.version {
            request = request.header("openstack-api-version", format!("volume {version}"));
        }
        if let Some((name, value)) = &self.header {
            request = request.header(name, value);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let request = request.body(Body::from(body.unwrap_or_default())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { json_or_text(&bytes) };
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

/// A value alone comes without the quotes that would make it JSON.
fn json_or_text(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| std::str::from_utf8(bytes).unwrap().into())
}

impl Answer {
    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The message of a fault that must have this status, under the key that goes with it.
    #[track_caller]
    pub fn fault(self, status: u16) -> String {
        let key = match status {
            400 => "badRequest",
            403 => "forbidden",
            404 => "itemNotFound",
            405 => "badMethod",
            409 => "conflictingRequest",
            413 | 429 => "overLimit",
            503 => "serviceUnavailable",
            _ => "computeFault",
        };
        let body = self.expect(status);
        let fault = body.get(key).unwrap_or_else(|| panic!("no {key} in {body}"));
        assert_eq!(fault["code"], status, "{body}");
        fault["message"].as_str().unwrap().to_owned()
    }
}
