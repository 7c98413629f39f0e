//! `GET /healthcheck`: 200 when the database answers, 503 when it does not.

use axum::extract::State;
use axum::response::Response;
use store::StoreError;

use super::Observer;
use crate::http::Reply;

pub(super) async fn handle(State(observer): State<Observer>) -> Response {
    match observer.store.ping().await {
        Ok(_) => Reply::text(200, "OK"),
        Err(error) => unhealthy(&error),
    }
    .into_response()
}

fn unhealthy(error: &StoreError) -> Reply {
    tracing::error!(error = error.chain(), "not healthy");
    Reply::text(503, "the database does not answer")
}
