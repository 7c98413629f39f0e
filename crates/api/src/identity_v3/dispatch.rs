//! From a request on the socket to the handler of its route, and back.

use std::collections::BTreeMap;

use auth::policy::IdentityRule;
use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, State};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter};
use http::{HeaderName, Method, header};
use model::limits::MAX_BODY_BYTES;

use super::call::{Call, Request};
use super::query::Query;
use super::table::{Handler, ROUTES};
use super::{Fault, IdentityApi};
use crate::http::{BodyError, Reply, RequestId, base_url, read_body};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");
const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// Serves every row of the table.
pub fn router(api: IdentityApi) -> Router {
    let mut paths: BTreeMap<&str, MethodRouter<IdentityApi>> = BTreeMap::new();
    for route in ROUTES {
        let served = paths.remove(route.path).unwrap_or_else(|| MethodRouter::new().fallback(wrong_method));
        paths.insert(route.path, served.on(filter(route.method), serve(route.handler)));
    }
    let router = paths.into_iter().fold(Router::new(), |router, (path, served)| router.route(path, served));
    router.fallback(no_such_path).with_state(api)
}

fn filter(method: &str) -> MethodFilter {
    Method::from_bytes(method.as_bytes())
        .ok()
        .and_then(|method| MethodFilter::try_from(method).ok())
        .unwrap_or(MethodFilter::TRACE)
}

/// Parts of the path as axum found them; what is no UTF-8 when decoded is a rejection.
type Parts = Result<RawPathParams, RawPathParamsRejection>;
type Handled = std::pin::Pin<Box<dyn Future<Output = Response> + Send>>;

fn serve(handler: Handler) -> impl Fn(State<IdentityApi>, Parts, axum::extract::Request) -> Handled + Clone {
    move |State(api), params, request| {
        let path = params.map(|params| {
            params.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect::<Vec<_>>()
        });
        Box::pin(async move {
            match path {
                Ok(path) => answer(api, handler, path, request).await,
                Err(_) => no_such_path(State(api), request).await,
            }
        })
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

async fn no_such_path(State(api): State<IdentityApi>, request: axum::extract::Request) -> Response {
    refuse(&api, request.headers(), Fault::no_such_path())
}

async fn wrong_method(State(api): State<IdentityApi>, request: axum::extract::Request) -> Response {
    refuse(&api, request.headers(), Fault::new(405, "The method is not allowed for the requested URL."))
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
