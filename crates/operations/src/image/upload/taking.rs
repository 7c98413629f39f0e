//! The data of an upload on their way into a store.
//!
//! No thread and no place is held while a client is waited for: what comes is gathered, and each time enough has come
//! together it is hashed and written at once.

use std::sync::Arc;

use bytes::Bytes;
use model::ImageId;
use ports::ImageStore;
use ports::image::ImageWriter;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::check_size;
use crate::image::digest::{Digest, Known};
use crate::image::{Denied, Images, Limits};

/// How much comes together before it is written, unless it is the end.
const ENOUGH_BYTES: usize = 2 << 20;
/// How much of what has come is written at a time.
const MOST_BYTES: usize = 8 << 20;

/// Takes all that comes into `store`; what is known of it, once it is there.
pub(super) async fn take(
    images: &Images,
    store: &Arc<dyn ImageStore>,
    id: ImageId,
    mut chunks: mpsc::Receiver<Option<Bytes>>,
) -> Result<Known, Denied> {
    let (store, limits) = (Arc::clone(store), Arc::clone(&images.limits));
    let mut taken = work(images, move || Taken::begin(&*store, id, limits)).await?;
    loop {
        let Some((pieces, is_end)) = gather(&mut chunks).await else {
            // What was written is removed, which takes a while.
            let dropped = work(images, move || {
                drop(taken);
                Ok(())
            });
            dropped.await?;
            return Err(Denied::BadRequest("The upload was cut off.".to_owned()));
        };
        if is_end {
            return work(images, move || taken.put(&pieces)?.finish()).await;
        }
        taken = work(images, move || taken.put(&pieces)).await?;
    }
}

/// What has come, once it is enough or the end; none when it was cut off.
async fn gather(chunks: &mut mpsc::Receiver<Option<Bytes>>) -> Option<(Vec<Bytes>, bool)> {
    let (mut pieces, mut length) = (Vec::new(), 0);
    while length < MOST_BYTES {
        let next = match chunks.try_recv() {
            Ok(next) => Some(next),
            Err(_) if length >= ENOUGH_BYTES => break,
            Err(_) => chunks.recv().await,
        };
        let Some(piece) = next? else { return Some((pieces, true)) };
        length += piece.len();
        pieces.push(piece);
    }
    Some((pieces, false))
}

/// Does a piece of work on a thread for it, when there is a place.
async fn work<T: Send + 'static>(
    images: &Images,
    work: impl FnOnce() -> Result<T, Denied> + Send + 'static,
) -> Result<T, Denied> {
    let _place = images.place().await;
    spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "an upload failed badly");
        Err(Denied::Unavailable("The upload failed.".to_owned()))
    })
}

/// What was taken so far. Dropping it removes what was written.
struct Taken {
    writer: Box<dyn ImageWriter>,
    digest: Digest,
    limits: Arc<Limits>,
    length_bytes: u64,
}

impl Taken {
    fn begin(store: &dyn ImageStore, id: ImageId, limits: Arc<Limits>) -> Result<Self, Denied> {
        Ok(Self { writer: store.begin(id)?, digest: Digest::new(), limits, length_bytes: 0 })
    }

    fn put(mut self, pieces: &[Bytes]) -> Result<Self, Denied> {
        let pieces: Vec<&[u8]> = pieces.iter().map(|piece| &piece[..]).collect();
        self.length_bytes += pieces.iter().map(|piece| piece.len() as u64).sum::<u64>();
        check_size(&self.limits, self.length_bytes)?;
        let writer = &mut self.writer;
        self.digest.feed(&pieces, || pieces.iter().try_for_each(|piece| writer.write(piece)))?;
        Ok(self)
    }

    fn finish(self) -> Result<Known, Denied> {
        self.writer.finish()?;
        Ok(self.digest.finish())
    }
}
