//! Sees to it that attached volumes stay exported: when what exports them has a new life, as after a restart of a target
//! daemon, and when this process has one.

use std::sync::Arc;
use std::time::Duration;

use super::Post;
use crate::{Backend, attachment, volume_queue};

/// How often to look. A host waits two minutes for a disk that went away, unless it is told otherwise.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Looks until the process ends.
pub(super) async fn keep_exported(post: Post, backend: Backend) {
    let mut known = None;
    loop {
        let driver = Arc::clone(&backend.driver);
        match post.supervisor.blocking().start(move || driver.export_life()).await {
            // Nothing that could be lost.
            Ok(Ok(None)) => return,
            Ok(Ok(Some(life))) => {
                if known.as_ref() != Some(&life) && export_all(&post, &backend).await {
                    known = Some(life);
                }
            }
            // Whoever reports on the backend tells why.
            Ok(Err(_)) => {}
            Err(panic) => tracing::error!(backend = backend.host, why = %panic, "the driver failed badly"),
        }
        if !post.pause(LOOK_EVERY).await {
            return;
        }
    }
}

/// Says whether it was begun.
async fn export_all(post: &Post, backend: &Backend) -> bool {
    let host = backend.host.clone();
    match post.store.write(move |conn| attachment::export::admit_all(conn, &host)).await {
        Ok(0) => true,
        Ok(volumes) => {
            tracing::info!(backend = backend.host, volumes, "attached volumes are exported anew");
            post.hints.give(&volume_queue(&backend.host));
            true
        }
        Err(error) => {
            tracing::error!(backend = backend.host, error = error.chain(), "cannot export anew");
            false
        }
    }
}
