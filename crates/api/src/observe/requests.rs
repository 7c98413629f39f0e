//! Counting and timing requests.

use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use ledger::{Span, Tracer};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// By which clients and traces know a request.
const REQUEST_ID: &str = "x-openstack-request-id";
/// Upper bounds of the buckets, in seconds.
const BUCKETS_S: [f64; 9] = [0.001, 0.002, 0.005, 0.01, 0.03, 0.1, 0.3, 1.0, 10.0];

/// Counters of every API of the process. Cheap to clone.
#[derive(Clone)]
pub(super) struct Requests {
    count: Family<Answered, Counter>,
    seconds: Family<Api, Histogram, fn() -> Histogram>,
    in_flight: Family<Api, Gauge>,
    pub(super) tracer: Tracer,
}

/// What an answer is counted under: few values, none of them a client's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    api: &'static str,
    method: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Api {
    api: &'static str,
}

impl Default for Requests {
    fn default() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS_S);
        Self {
            count: Family::default(),
            seconds: Family::new_with_constructor(histogram),
            in_flight: Family::default(),
            tracer: Tracer::default(),
        }
    }
}

impl Requests {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("besser_http_requests", "Requests answered", self.count.clone());
        registry.register("besser_http_request_seconds", "Time to answer", self.seconds.clone());
        registry.register(
            "besser_http_requests_in_flight",
            "Requests being answered",
            self.in_flight.clone(),
        );
    }
}

/// The layer around a router.
pub(super) async fn count(
    State((requests, api)): State<(Requests, &'static str)>,
    request: Request,
    next: Next,
) -> Response {
    let (method, began) = (label(request.method()), Instant::now());
    let traced = requests.tracer.begin().map(|began| (began, request.uri().path().to_owned()));
    let _in_flight = InFlight::begin(&requests.in_flight.get_or_create(&Api { api }));
    let response = next.run(request).await;
    let status = response.status().as_u16();
    requests.count.get_or_create(&Answered { api, method, status }).inc();
    requests.seconds.get_or_create(&Api { api }).observe(began.elapsed().as_secs_f64());
    if let (Some((began, path)), Some(id)) = (traced, response.headers().get(REQUEST_ID)) {
        let id = id.to_str().unwrap_or_default().to_owned();
        requests.tracer.end(Some(began), |began, took| span((api, method, path), status, id, (began, took)));
    }
    response
}

/// What is told of a request. Its query, where secrets may be, is not.
fn span(
    (api, method, path): (&str, &str, String),
    status: u16,
    request_id: String,
    (began, took): (Duration, Duration),
) -> Span {
    Span {
        request_id,
        name: format!("{method} {api}"),
        is_answer: true,
        began,
        took,
        facts: vec![
            ("http.request.method", method.to_owned()),
            ("url.path", path),
            ("http.response.status_code", status.to_string()),
        ],
        failure: (status >= 500).then(|| format!("answered with {status}")),
    }
}

/// Counts a request as long as it lives, also one whose client hangs up before the answer.
struct InFlight(Gauge);

impl InFlight {
    fn begin(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Clients may invent methods; the label may not.
fn label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "PATCH" => "PATCH",
        "HEAD" => "HEAD",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    fn request(path: &str) -> Request {
        Request::builder().uri(path).body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn a_client_that_hangs_up_is_no_longer_in_flight() {
        let requests = Requests::default();
        let router = Router::new()
            .route("/never", get(std::future::pending::<()>))
            .route("/now", get(async || "done"))
            .layer(from_fn_with_state((requests.clone(), "volume"), count));
        let in_flight = || requests.in_flight.get_or_create(&Api { api: "volume" }).get();

        let mut waiting = Box::pin(router.clone().oneshot(request("/never")));
        let _ = tokio::time::timeout(Duration::from_millis(10), &mut waiting).await;
        assert_eq!(in_flight(), 1);
        drop(waiting);
        assert_eq!(in_flight(), 0);

        router.oneshot(request("/now")).await.unwrap();
        let label = |status| Answered { api: "volume", method: "GET", status };
        assert_eq!((in_flight(), requests.count.get_or_create(&label(200)).get()), (0, 1));
    }

    #[test]
    fn an_invented_method_is_no_label() {
        assert_eq!(label(&Method::from_bytes(b"BREW").unwrap()), "other");
    }
}
