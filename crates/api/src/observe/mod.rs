//! Looking at the service from outside: `/healthcheck` and `/metrics`, without a token.

mod exposition;
mod health;
mod metrics;
mod requests;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use ledger::Tracer;
use store::Store;

use self::requests::Requests;

/// Watches every API of the process. Cheap to clone.
#[derive(Clone)]
pub struct Observer {
    store: Store,
    requests: Requests,
    trouble: Option<Trouble>,
}

/// Says why an API cannot do its work, if it cannot.
type Trouble = Arc<dyn Fn() -> Option<String> + Send + Sync>;

impl Observer {
    /// Watches over this database.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, requests: Requests::default(), trouble: None }
    }

    /// The same, which tells `tracer` of every request.
    #[must_use]
    pub fn traced(mut self, tracer: Tracer) -> Self {
        self.requests.tracer = tracer;
        self
    }

    /// The same for an API that cannot do its work while `trouble` says why.
    #[must_use]
    pub fn unless(&self, trouble: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        Self { trouble: Some(Arc::new(trouble)), ..self.clone() }
    }

    /// Counts and times the requests to `router`, and serves health and metrics beside it.
    pub fn wrap(&self, api: &'static str, router: Router) -> Router {
        let counted = router.layer(from_fn_with_state((self.requests.clone(), api), requests::count));
        let own = Router::new()
            .route("/healthcheck", get(health::handle))
            .route("/metrics", get(metrics::handle))
            .with_state(self.clone());
        // The few routes go into the many: each that is taken over is inserted anew.
        counted.merge(own)
    }
}
