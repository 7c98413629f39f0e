//! From a request on the socket to the handler of its route, and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use auth::policy::IdentityRule;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderName, Method, header};
use model::limits::MAX_BODY_BYTES;

use super::call::{Call, Request};
use super::query::Query;
use super::table::{Handler, ROUTES};
use super::{Fault, IdentityApi};
use crate::http::{BodyError, Paths, Reply, RequestId, base_url, read_body};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");
const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// The handlers of a path, by their methods.
type Methods = BTreeMap<&'static str, Handler>;

/// Serves every row of the table.
pub fn router(api: IdentityApi) -> Router {
    let mut paths = Paths::<Methods>::default();
    for route in ROUTES {
        paths.at(route.path).insert(route.method, route.handler);
    }
    let paths = Arc::new(paths);
    let lead = move |State(api): State<IdentityApi>, request: axum::extract::Request| {
        let paths = Arc::clone(&paths);
        async move { lead(&paths, api, request).await }
    };
    Router::new().fallback(lead).with_state(api)
}

/// Answers by the route that the request asks for.
async fn lead(paths: &Paths<Methods>, api: IdentityApi, request: axum::extract::Request) -> Response {
    let Some((methods, Some(path))) =
        paths.find(request.uri().path()).map(|found| (found.route, found.parts))
    else {
        return refuse(&api, request.headers(), Fault::no_such_path());
    };
    let method = request.method();
    let as_get = if method == Method::HEAD { methods.get("GET") } else { None };
    match methods.get(method.as_str()).or(as_get) {
        Some(handler) => answer(api, *handler, path, request).await,
        None => {
            let fault = Fault::new(405, "The method is not allowed for the requested URL.");
            refuse(&api, request.headers(), fault)
        }
    }
}

async fn answer(
    api: IdentityApi,
    handler: Handler,
    path: Vec<(String, String)>,
    request: axum::extract::Request,
) -> Response {
    let request_id = RequestId::random();
    let (method, uri_path) = (request.method().clone(), request.uri().path().to_owned());
    let auth_url = auth_url(&api, request.headers());
    let handled = handle(api, handler, path, request).await;
    let reply = handled.unwrap_or_else(|fault| fault.into_reply(&auth_url));
    tracing::debug!(%request_id, %method, path = uri_path, "answered");
    finish(reply, &request_id)
}

async fn handle(
    api: IdentityApi,
    handler: Handler,
    path: Vec<(String, String)>,
    request: axum::extract::Request,
) -> Result<Reply, Fault> {
    let (parts, body) = request.into_parts();
    let caller = match handler {
        Handler::Anybody(_) => None,
        Handler::Holder(..) => {
            let token = parts.headers.get(AUTH_TOKEN).and_then(|token| token.to_str().ok());
            Some(api.tokens.bearer(token.unwrap_or_default()).await?)
        }
    };
    let body = read_body(body, MAX_BODY_BYTES).await.map_err(|error| match error {
        BodyError::TooLarge => Fault::new(413, "Request is too large."),
        BodyError::Broken => Fault::not_json(),
    })?;
    let base_url = base_url(&parts.headers, api.public_endpoint.as_deref(), &api.local_url);
    let asked_for = parts.uri.path_and_query().map_or("/", |asked_for| asked_for.as_str());
    let request = Request {
        path,
        query: Query::parse(parts.uri.query().unwrap_or_default()),
        self_url: format!("{base_url}{asked_for}"),
        headers: parts.headers,
        body,
        base_url,
        api,
    };
    match (handler, caller) {
        (Handler::Anybody(handler), _) => handler(request).await,
        (Handler::Holder(rule, handler), Some(caller)) => {
            let policy = request.api.policy();
            handler(Call { request, caller, rule, policy }).await
        }
        (Handler::Holder(..), None) => Err(Fault::unauthorized()),
    }
}

fn refuse(api: &IdentityApi, headers: &http::HeaderMap, fault: Fault) -> Response {
    finish(fault.into_reply(&auth_url(api, headers)), &RequestId::random())
}

fn auth_url(api: &IdentityApi, headers: &http::HeaderMap) -> String {
    format!("{}/v3", base_url(headers, api.public_endpoint.as_deref(), &api.local_url))
}

fn finish(reply: Reply, request_id: &RequestId) -> Response {
    reply
        .with_header(REQUEST_ID, request_id.as_str())
        .with_header(header::VARY, "X-Auth-Token")
        .into_response()
}

/// Every route with the rule that guards it; none for those that need no token.
#[must_use]
pub fn rules() -> Vec<(&'static str, &'static str, Option<IdentityRule>)> {
    let rule = |handler| match handler {
        Handler::Anybody(_) => None,
        Handler::Holder(rule, _) => Some(rule),
    };
    ROUTES.iter().map(|route| (route.method, route.path, rule(route.handler))).collect()
}
