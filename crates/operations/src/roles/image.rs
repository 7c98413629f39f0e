//! The image role: put right what an earlier life left, then serve the queue of this host's image stores.

use std::sync::Arc;
use std::time::Duration;

use ledger::{Handler, Worker};
use store::StoreError;

use super::Post;
use crate::image::{self, Images, Recovery};

/// How long to wait before stores that cannot be used are looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Starts to look after the image stores of this host. While one of them cannot be used, [`Images::trouble`] says why, no
/// image takes data, and it is looked at again. Returns when all were looked at once.
///
/// # Errors
/// The store's own.
pub async fn run_image(post: &Post, images: &Images) -> Result<(), StoreError> {
    post.supervisor.spawn(keep_watch(post.clone(), images.clone()));
    let mut recovery = Recovery::begin(images).await?;
    if is_over(images, &mut recovery).await {
        serve(post, images);
    } else {
        post.supervisor.spawn(look_again(post.clone(), images.clone(), recovery));
    }
    Ok(())
}

async fn look_again(post: Post, images: Images, mut recovery: Recovery) {
    while post.pause(LOOK_AGAIN).await {
        if is_over(&images, &mut recovery).await {
            tracing::info!("the image stores can be used");
            return serve(&post, &images);
        }
    }
}

/// Ends, now and then, the uploads of processes that do not return. That is not done while a store cannot be used.
async fn keep_watch(post: Post, images: Images) {
    let every = Duration::from_millis(u64::try_from(images.upload_lease_ms / 4).unwrap_or(0));
    while post.pause(every.max(LOOK_AGAIN)).await {
        if images.trouble().is_none()
            && let Err(why) = image::end_lost(&images).await
        {
            tracing::error!(why, "an upload of a process that does not return cannot be ended");
        }
    }
}

async fn is_over(images: &Images, recovery: &mut Recovery) -> bool {
    let trouble = recovery.go_on().await.err();
    if let Some(why) = &trouble {
        tracing::error!(why, "an image store cannot be used");
    }
    images.set_trouble(trouble.clone());
    trouble.is_none()
}

fn serve(post: &Post, images: &Images) {
    let handler: Arc<dyn Handler> = Arc::clone(&post.verbs) as _;
    let (store, hints) = (post.store.clone(), post.hints.clone());
    Worker::start(image::queue(&images.host), store, hints, handler, &post.supervisor, post.worker.clone());
}
