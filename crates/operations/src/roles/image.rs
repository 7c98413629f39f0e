//! The image role: put right what an earlier life left, then serve the queue of this host's image stores.

use std::sync::Arc;

use ledger::{Handler, Worker};

use super::Post;
use crate::image::{self, Images};

/// Starts to look after the image stores of this host.
///
/// # Errors
/// A store cannot be used, or the database failed.
pub async fn run_image(post: &Post, images: &Images) -> Result<(), String> {
    image::recover(images).await?;
    let handler: Arc<dyn Handler> = Arc::clone(&post.verbs) as _;
    let (store, hints) = (post.store.clone(), post.hints.clone());
    Worker::start(image::queue(&images.host), store, hints, handler, &post.supervisor, post.worker.clone());
    Ok(())
}
