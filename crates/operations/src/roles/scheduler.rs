//! The scheduler: a worker of the queue in which volumes wait for a place.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ledger::{Handler, Worker};
use model::service::Binary;
use store::StoreError;

use super::{Post, heartbeat};
use crate::SCHEDULER_QUEUE;

/// Starts the scheduler of this process.
///
/// # Errors
/// The store's own, at the first heartbeat.
pub async fn run_scheduler(post: &Post) -> Result<(), StoreError> {
    heartbeat::beat(post, Binary::Scheduler, &post.host, &post.zone, true).await?;
    let up = Arc::new(AtomicBool::new(true));
    let beating =
        heartbeat::keep_beating(post.clone(), Binary::Scheduler, post.host.clone(), post.zone.clone(), up);
    post.supervisor.spawn(beating);
    let handler: Arc<dyn Handler> = Arc::clone(&post.verbs) as _;
    let (store, hints) = (post.store.clone(), post.hints.clone());
    Worker::start(SCHEDULER_QUEUE, store, hints, handler, &post.supervisor, post.worker.clone());
    Ok(())
}
