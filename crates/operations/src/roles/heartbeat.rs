//! Saying that a service lives, by the database's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::MessageId;
use model::service::Binary;
use store::StoreError;

use super::Post;

/// Beats once: before anything that only a living service may do.
pub(super) async fn beat(
    post: &Post,
    binary: Binary,
    host: &str,
    zone: &str,
    backend_up: bool,
) -> Result<(), StoreError> {
    let (host, zone) = (host.to_owned(), zone.to_owned());
    let uuid = MessageId::random().to_string();
    post.store.write(move |conn| store::services::beat(conn, binary, &host, &zone, &uuid, backend_up)).await
}

/// Beats until the process ends.
pub(super) async fn keep_beating(
    post: Post,
    binary: Binary,
    host: String,
    zone: String,
    backend_up: Arc<AtomicBool>,
) {
    while post.pause(post.report_interval).await {
        if let Err(error) = beat(&post, binary, &host, &zone, backend_up.load(Ordering::Relaxed)).await {
            tracing::error!(host, error = error.chain(), "cannot beat");
        }
    }
}
