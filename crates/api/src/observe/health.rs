//! `GET /healthcheck`: 200 when the database answers and the API can do its work, 503 and why when not.

use axum::extract::State;
use axum::response::Response;
use store::StoreError;

use super::Observer;
use crate::http::Reply;

pub(super) async fn handle(State(observer): State<Observer>) -> Response {
    match observer.store.ping().await {
        Ok(_) => match observer.trouble.and_then(|trouble| trouble()) {
            Some(why) => Reply::text(503, why),
            None => Reply::text(200, "OK"),
        },
        Err(error) => unhealthy(&error),
    }
    .into_response()
}

fn unhealthy(error: &StoreError) -> Reply {
    tracing::error!(error = error.chain(), "not healthy");
    Reply::text(503, "the database does not answer")
}
