//! Saying that a service lives, by the database's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::MessageId;
use model::service::Binary;
use store::{Conn, StoreError};

use super::Post;

/// How wrong the clock of a host may be before the log says so, in milliseconds: beyond that, tokens and certificates are
/// judged wrongly.
const MOST_AHEAD_MS: i64 = 5_000;

/// Beats once: before anything that only a living service may do. Says how far the clock of this host is ahead.
pub(super) async fn beat(
    post: &Post,
    binary: Binary,
    host: &str,
    zone: &str,
    backend_up: bool,
) -> Result<i64, StoreError> {
    post.store.write(of(binary, host, zone, backend_up)).await
}

/// A beat that is part of a transaction.
pub(super) fn of(
    binary: Binary,
    host: &str,
    zone: &str,
    backend_up: bool,
) -> impl FnOnce(&Conn<'_>) -> Result<i64, StoreError> + Clone + Send + 'static {
    let (host, zone) = (host.to_owned(), zone.to_owned());
    let uuid = MessageId::random().to_string();
    move |conn| {
        store::services::beat(conn, binary, &host, &zone, &uuid, backend_up)?;
        Ok(conn.host_ahead_ms())
    }
}

/// Beats until the process ends.
pub(super) async fn keep_beating(
    post: Post,
    binary: Binary,
    host: String,
    zone: String,
    backend_up: Arc<AtomicBool>,
) {
    let mut was_wrong = false;
    while post.pause(post.report_interval).await {
        match beat(&post, binary, &host, &zone, backend_up.load(Ordering::Relaxed)).await {
            Ok(ahead_ms) => was_wrong = tell_clock(&host, ahead_ms, was_wrong),
            Err(error) => tracing::error!(host, error = error.chain(), "cannot beat"),
        }
    }
}

/// Tells when the clock of this host becomes wrong, and when it is right again. Says whether it is wrong.
fn tell_clock(host: &str, ahead_ms: i64, was_wrong: bool) -> bool {
    let is_wrong = ahead_ms.abs() > MOST_AHEAD_MS;
    match (was_wrong, is_wrong) {
        (false, true) => tracing::warn!(
            host,
            ahead_ms,
            most_ms = MOST_AHEAD_MS,
            "the clock of this host is wrong: leases and heartbeats go by the database's, tokens and certificates do not"
        ),
        (true, false) => tracing::info!(host, ahead_ms, "the clock of this host is right again"),
        _ => {}
    }
    is_wrong
}
