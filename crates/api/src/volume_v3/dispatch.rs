//! From a request on the socket to the handler of its route, and back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use auth::Credentials;
use auth::policy::VolumeRule;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use http::{HeaderName, Method, header, request};
use model::limits::MAX_BODY_BYTES;
use wire::{Fault, Microversion, microversion};

use super::call::store_fault;
use super::table::{HOME, ROUTES, Route};
use super::{Call, VolumeApi, versions};
use crate::audit::{Asked, Audit, VOLUMES, Whence};
use crate::http::{BodyError, Paths, Reply, RequestId, base_url, decode, read_body};
use crate::tokens::{Unidentified, identify};

/// `x-openstack-request-id` and its older spelling: clients read either.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");
const COMPUTE_REQUEST_ID: HeaderName = HeaderName::from_static("x-compute-request-id");
const API_VERSION: HeaderName = HeaderName::from_static("openstack-api-version");

/// The routes of a path, by their methods.
type Methods = BTreeMap<&'static str, Vec<&'static Route>>;

/// Serves [`ROUTES`] below `/v3` and below `/v3/{project_id}`.
pub fn router(api: VolumeApi) -> Router {
    let mut paths = Paths::<Methods>::default();
    for route in ROUTES {
        paths.at(route.path).entry(route.method).or_default().push(route);
    }
    let home = Methods::from([(HOME.method, vec![&HOME])]);
    let map = Arc::new(Map { paths, home });
    let lead = move |State(api): State<VolumeApi>, request: Request| {
        let map = Arc::clone(&map);
        async move { map.lead(api, request).await }
    };
    Router::new().route("/", get(all_versions)).fallback(lead).with_state(api)
}

/// Where paths lead.
struct Map {
    /// Below `/v3`, and below a project there.
    paths: Paths<Methods>,
    /// At `/v3` itself.
    home: Methods,
}

/// Parts of a path by their names in the route; none when they are not UTF-8.
type Path = Option<Vec<(String, String)>>;

impl Map {
    /// Answers by the route that the request asks for. Where none leads, only those learn it below `/v3` who may ask at
    /// all.
    async fn lead(&self, api: VolumeApi, request: Request) -> Response {
        let path = request.uri().path();
        let Some(below) = path.strip_prefix("/v3").filter(|below| below.is_empty() || below.starts_with('/'))
        else {
            return finish(fault_reply(Fault::not_found()), &Arrival::new());
        };
        let method = if request.method() == Method::HEAD { "GET" } else { request.method().as_str() };
        let found = self.find(below).and_then(|(methods, path)| Some((methods.get(method)?, path)));
        let (routes, path) = found.map_or((&[][..], Some(Vec::new())), |(routes, path)| (routes, path));
        answer(api, routes, path, request).await
    }

    fn find(&self, below: &str) -> Option<(&Methods, Path)> {
        if matches!(below, "" | "/") {
            return Some((&self.home, Some(Vec::new())));
        }
        if let Some(found) = self.paths.find(below) {
            return Some((found.route, found.parts));
        }
        let project = below.strip_prefix('/')?.split('/').next().filter(|project| !project.is_empty())?;
        let found = self.paths.find(below.get(1 + project.len()..)?)?;
        let project = String::from_utf8(decode(project)).ok();
        let path = project.zip(found.parts).map(|(project, mut parts)| {
            parts.insert(0, ("project_id".to_owned(), project));
            parts
        });
        Some((found.route, path))
    }
}

async fn all_versions(State(api): State<VolumeApi>, request: Request) -> Response {
    let base_url = base_url(request.headers(), api.public_endpoint.as_deref(), &api.local_url);
    finish(versions::all(&base_url), &Arrival::new())
}

/// What is known of a request before anything can go wrong with it.
struct Arrival {
    request_id: RequestId,
    version: Option<Microversion>,
}

impl Arrival {
    fn new() -> Self {
        Self { request_id: RequestId::random(), version: None }
    }
}

async fn answer(api: VolumeApi, routes: &[&'static Route], path: Path, request: Request) -> Response {
    let mut arrival = Arrival::new();
    let method = request.method().clone();
    let uri_path = request.uri().path().to_owned();
    let handled = handle(api, routes, path, request, &mut arrival).await;
    let reply = handled.unwrap_or_else(fault_reply);
    tracing::debug!(request_id = %arrival.request_id, %method, path = uri_path, "answered");
    finish(reply, &arrival)
}

async fn handle(
    api: VolumeApi,
    routes: &[&'static Route],
    path: Path,
    request: Request,
    arrival: &mut Arrival,
) -> Result<Reply, Fault> {
    let (parts, body) = request.into_parts();
    let credentials = match identify(&*api.tokens, &api.service_tokens, &parts.headers).await {
        Ok(credentials) => credentials,
        Err(Unidentified::Refused) => return Ok(unauthorized(&api)),
        Err(Unidentified::Unknown) => return Err(Fault::identity_unavailable()),
    };
    if let Some(project) = credentials.project_id() {
        api.rates.take(project, Instant::now()).map_err(Fault::too_many_requests)?;
    }
    let version = Microversion::negotiate(version_header(&parts))?;
    arrival.version = Some(version);
    let path = path.ok_or_else(Fault::undecodable)?;
    check_project(&path, credentials.project_id())?;
    let body = read_body(body, MAX_BODY_BYTES).await.map_err(|error| match error {
        BodyError::TooLarge => Fault::new(413, "Request is too large."),
        BodyError::Broken => Fault::malformed(),
    })?;
    let route = choose(routes, version, &body)?;
    let policy = api.policy();
    let base_url = base_url(&parts.headers, api.public_endpoint.as_deref(), &api.local_url);
    let audit = audit(&api, &credentials, route, (&parts, &path), arrival, &base_url).await?;
    let call = Call {
        resource_filters: api.lists.resource_filters(),
        credentials,
        policy,
        rule: route.rule,
        version,
        path,
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        body,
        request_id: arrival.request_id.to_string(),
        base_url,
        api,
    };
    let answer = (route.handler)(call).await;
    if let Some(audit) = audit {
        audit.end(answer.as_ref().map_or_else(|fault| fault.code, Reply::status)).await;
    }
    answer
}

/// Writes that a change is asked for, where that is to be known.
async fn audit(
    api: &VolumeApi,
    who: &Credentials,
    route: &Route,
    (parts, path): (&request::Parts, &[(String, String)]),
    arrival: &Arrival,
    base_url: &str,
) -> Result<Option<Audit>, Fault> {
    let method = parts.method.as_str();
    if !api.desk.settings.audits || !Audit::is_of(method) {
        return Ok(None);
    }
    let asked = Asked {
        service: &VOLUMES,
        method,
        path: parts.uri.path(),
        route: route.path,
        action: route.action,
        parts: path,
        request_id: arrival.request_id.as_str(),
        client: Whence::of(&parts.headers, &parts.extensions),
        base_url,
    };
    let begun = Audit::begin(api.desk.store.clone(), who, &asked).await;
    begun.map(Some).map_err(|error| store_fault(&error))
}

fn version_header(parts: &request::Parts) -> Option<&str> {
    parts.headers.get(API_VERSION).map(|value| value.to_str().unwrap_or("?"))
}

/// The project in the URL is the token's; no role can make it another. What cannot be a project is a path that leads
/// nowhere.
fn check_project(path: &[(String, String)], project: Option<&str>) -> Result<(), Fault> {
    let Some((_, asked)) = path.iter().find(|(key, _)| key == "project_id") else { return Ok(()) };
    if project == Some(asked) {
        return Ok(());
    }
    let may_be_one = asked.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'));
    Err(if may_be_one { Fault::malformed_url() } else { Fault::not_found() })
}

/// The route of this revision; on an `action` path the one that the body names.
fn choose(routes: &[&'static Route], version: Microversion, body: &[u8]) -> Result<&'static Route, Fault> {
    let served = |route: &&&'static Route| version.has(route.since);
    if routes.iter().all(|route| route.action.is_none()) {
        return routes.iter().find(served).copied().ok_or_else(Fault::not_found);
    }
    let action = action_name(body)?;
    let named = routes.iter().filter(|route| route.action == Some(action.as_str()));
    named.clone().find(served).copied().ok_or_else(|| match named.count() {
        0 => Fault::no_such_action(&action),
        _ => Fault::not_found(),
    })
}

/// The only key of the body.
fn action_name(body: &[u8]) -> Result<String, Fault> {
    if body.is_empty() {
        return Err(Fault::no_such_action("None"));
    }
    let body = wire::json::parse(body)?;
    let mut keys = body.as_object().into_iter().flat_map(|object| object.keys());
    match (keys.next(), keys.next()) {
        (Some(name), None) => Ok(name.clone()),
        _ => Err(Fault::malformed_body()),
    }
}

fn unauthorized(api: &VolumeApi) -> Reply {
    let realm = format!("Keystone uri=\"{}\"", api.identity_url);
    Reply::json(401, wire::fault::unauthorized_json().to_vec()).with_header(header::WWW_AUTHENTICATE, realm)
}

fn fault_reply(fault: Fault) -> Reply {
    let mut reply = Reply::json(fault.code, fault.to_json());
    for (name, value) in &fault.headers {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            reply = reply.with_header(name, value.clone());
        }
    }
    reply
}

fn finish(reply: Reply, arrival: &Arrival) -> Response {
    let mut reply = reply
        .with_header(REQUEST_ID, arrival.request_id.as_str())
        .with_header(COMPUTE_REQUEST_ID, arrival.request_id.as_str())
        .with_header(header::VARY, microversion::VARY);
    if let Some(version) = arrival.version {
        reply = reply.with_header(API_VERSION, version.header_value());
    }
    reply.into_response()
}

/// The rule that guards a route, for whoever wants to list them.
#[must_use]
pub fn rules() -> Vec<(&'static str, &'static str, Option<VolumeRule>)> {
    ROUTES.iter().map(|route| (route.method, route.path, route.rule)).collect()
}
