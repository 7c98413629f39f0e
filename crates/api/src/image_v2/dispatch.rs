//! From a request on the socket to the handler of its route, and back.

use std::sync::Arc;

use auth::Credentials;
use auth::policy::ImageRule;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header, request};
use wire::Fault;

use super::table::{ROUTES, Route};
use super::{Call, ImageApi, versions};
use crate::audit::{Asked, Audit, IMAGES, Whence};
use crate::http::{Paths, Reply, RequestId, base_url};
use crate::tokens::{Unidentified, identify};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// The routes of a path, one for each method.
type Methods = Vec<&'static Route>;

/// Serves [`ROUTES`].
pub fn router(api: ImageApi) -> Router {
    let mut paths = Paths::<Methods>::default();
    for route in ROUTES {
        paths.at(route.path).push(route);
    }
    let paths = Arc::new(paths);
    let lead = move |State(api): State<ImageApi>, request: Request| {
        let paths = Arc::clone(&paths);
        async move { lead(&paths, api, request).await }
    };
    Router::new()
        .route("/", get(|state, request| all_versions(state, request, 300)))
        .route("/versions", get(|state, request| all_versions(state, request, 200)))
        .fallback(lead)
        .with_state(api)
}

/// Answers by the route that the request asks for.
async fn lead(paths: &Paths<Methods>, api: ImageApi, request: Request) -> Response {
    let Some((methods, path)) = paths.find(request.uri().path()).map(|found| (found.route, found.parts))
    else {
        let fault = Fault::new(404, "The resource could not be found.");
        return finish(refusal(&fault, request.headers()), &RequestId::random());
    };
    let of = |method: &str| methods.iter().find(|route| route.method == method);
    let as_get = if request.method() == Method::HEAD { of("GET") } else { None };
    match of(request.method().as_str()).or(as_get) {
        Some(route) => answer(api, route, path, request).await,
        None => {
            let allowed = methods.iter().map(|route| route.method).collect::<Vec<_>>().join(", ");
            let fault = Fault::new(405, "The method specified is not allowed for this resource.");
            finish(refusal(&fault.with_header("Allow", allowed), request.headers()), &RequestId::random())
        }
    }
}

async fn all_versions(State(api): State<ImageApi>, request: Request, status: u16) -> Response {
    let base_url = base_url(request.headers(), api.public_endpoint.as_deref(), &api.local_url);
    finish(versions::all(&api, &base_url, status), &RequestId::random())
}

async fn answer(
    api: ImageApi,
    route: &'static Route,
    path: Option<Vec<(String, String)>>,
    request: Request,
) -> Response {
    let request_id = RequestId::random();
    let headers = request.headers().clone();
    let handled = match path {
        Some(path) => handle(api, route, path, request, &request_id).await,
        None => Err(Fault::new(404, "The resource could not be found.")),
    };
    let response = handled.unwrap_or_else(|fault| refusal(&fault, &headers));
    tracing::debug!(%request_id, method = route.method, path = route.path, "answered");
    finish(response, &request_id)
}

async fn handle(
    api: ImageApi,
    route: &'static Route,
    path: Vec<(String, String)>,
    request: Request,
    request_id: &RequestId,
) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let credentials = match identify(&*api.tokens, &api.service_tokens, &parts.headers).await {
        Ok(credentials) => credentials,
        Err(Unidentified::Refused) => return Ok(unauthorized(&api)),
        Err(Unidentified::Unknown) => return Err(Fault::identity_unavailable()),
    };
    let policy = api.policy();
    let is_admin = policy.allows(ImageRule::ContextIsAdmin, &credentials, &());
    let base_url = base_url(&parts.headers, api.public_endpoint.as_deref(), &api.local_url);
    let audit = audit(&api, &credentials, route, (&parts, &path), request_id, &base_url).await?;
    let call = Call {
        credentials,
        is_admin,
        policy,
        path,
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        body,
        request_id: request_id.to_string(),
        base_url,
        api,
    };
    let answer = (route.handler)(call).await;
    if let Some(audit) = audit {
        audit.end(answer.as_ref().map_or_else(|fault| fault.code, |answer| answer.status().as_u16())).await;
    }
    answer
}

/// Writes that a change is asked for, where that is to be known.
async fn audit(
    api: &ImageApi,
    who: &Credentials,
    route: &Route,
    (parts, path): (&request::Parts, &[(String, String)]),
    request_id: &RequestId,
    base_url: &str,
) -> Result<Option<Audit>, Fault> {
    let method = parts.method.as_str();
    if !api.images.desk.settings.audits || !Audit::is_of(method) {
        return Ok(None);
    }
    let asked = Asked {
        service: &IMAGES,
        method,
        path: parts.uri.path(),
        route: route.path.strip_prefix("/v2").unwrap_or(route.path),
        action: route.path.split_once("/actions/").map(|(_, action)| action),
        parts: path,
        request_id: request_id.as_str(),
        client: Whence::of(&parts.headers, &parts.extensions),
        base_url,
    };
    let begun = Audit::begin(api.images.desk.store.clone(), who, &asked).await;
    begun.map(Some).map_err(|error| {
        tracing::error!(error = error.chain(), "the store failed");
        Fault::internal()
    })
}

fn unauthorized(api: &ImageApi) -> Response {
    let realm = format!("Keystone uri=\"{}\"", api.identity_url);
    Reply::json(401, wire::fault::unauthorized_json().to_vec())
        .with_header(header::WWW_AUTHENTICATE, realm)
        .into_response()
}

/// A page, or JSON for a client that accepts nothing else.
fn refusal(fault: &Fault, headers: &HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    let wants_json = accept.contains("application/json") && !accept.contains("text/html");
    let (body, kind) = match wants_json {
        true => (wire::image::fault::json(fault), "application/json"),
        false => (wire::image::fault::html(fault), "text/html; charset=UTF-8"),
    };
    let mut reply = Reply::json(fault.code, body).with_header(header::CONTENT_TYPE, kind);
    for (name, value) in &fault.headers {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            reply = reply.with_header(name, value.clone());
        }
    }
    reply.into_response()
}

fn finish(mut response: Response, request_id: &RequestId) -> Response {
    if let Ok(value) = HeaderValue::from_str(request_id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
