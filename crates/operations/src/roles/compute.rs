//! The role that tells the compute service what happened to volumes.

use std::sync::Arc;

use ledger::{Handler, Worker};

use super::Post;
use crate::COMPUTE_QUEUE;

/// Starts to serve the queue of what the compute service is to be told.
pub fn run_compute(post: &Post) {
    let handler: Arc<dyn Handler> = Arc::clone(&post.verbs) as _;
    let (store, hints) = (post.store.clone(), post.hints.clone());
    Worker::start(COMPUTE_QUEUE.to_owned(), store, hints, handler, &post.supervisor, post.worker.clone());
}
