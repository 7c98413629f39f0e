//! The data of an upload on their way into a store.
//!
//! No thread and no place is held while a client is waited for: what comes is gathered, and each time enough has come
//! together it is given to three lanes, one for each hash and one that writes. They see the same bytes, without a copy, and
//! none waits for another but when it is ahead by more than may be kept.

use std::sync::Arc;

use bytes::Bytes;
use model::ImageId;
use ports::image::ImageWriter;
use ports::{DriverError, ImageStore};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::check_size;
use super::hold::Hold;
use crate::image::digest::{Digest, Known};
use crate::image::{Denied, Images, Limits};

/// How much comes together before it is handed out, unless it is the end.
const ENOUGH_BYTES: usize = 1 << 20;
/// How much of what has come is handed out at a time.
const MOST_BYTES: usize = 4 << 20;
/// How many batches may wait in a lane.
const MAX_AHEAD: usize = 2;

/// What has come, piece by piece.
type Batch = Arc<[Bytes]>;

/// Takes all that comes into `store`; what is known of it, once it is there.
pub(super) async fn take(
    images: &Images,
    store: &Arc<dyn ImageStore>,
    id: ImageId,
    chunks: mpsc::Receiver<Option<Bytes>>,
    hold: &mut Hold,
) -> Result<Known, Denied> {
    let store = Arc::clone(store);
    let writer = work(images, move || Ok(store.begin(id)?)).await?;
    let (md5, rest) = Digest::new().apart();
    let (to_md5, for_md5) = mpsc::channel(MAX_AHEAD);
    let (to_rest, for_rest) = mpsc::channel(MAX_AHEAD);
    let (to_disk, for_disk) = mpsc::channel(MAX_AHEAD);
    let taking = async {
        tokio::join!(
            hand_out(chunks, [to_md5, to_rest, to_disk], &images.limits),
            lane(images, md5, for_md5, |md5, piece| {
                md5.feed(piece);
                Ok(())
            }),
            lane(images, rest, for_rest, |rest, piece| {
                rest.feed(piece);
                Ok(())
            }),
            lane(images, writer, for_disk, |writer, piece| writer.write(piece)),
        )
    };
    let (handed_out, md5, rest, written) = hold.during(taking).await;
    let writer = written?;
    let whole = match (handed_out, md5, rest) {
        (Ok(()), Ok(md5), Ok(rest)) => hold.ensure().await.map(|()| Digest::of(md5, rest)),
        (Err(denied), ..) | (_, Err(denied), _) | (.., Err(denied)) => Err(denied),
    };
    match whole {
        Ok(digest) => hold.during(work(images, move || finish(writer, digest))).await,
        Err(denied) => {
            // What was written is removed, which takes a while.
            let dropped = work(images, move || {
                drop(writer);
                Ok(())
            });
            dropped.await?;
            Err(denied)
        }
    }
}

fn finish(writer: Box<dyn ImageWriter>, digest: Digest) -> Result<Known, Denied> {
    writer.finish()?;
    Ok(digest.finish())
}

/// Gives what comes to each of the lanes, until its end or until one of them has failed, which says why itself.
async fn hand_out(
    mut chunks: mpsc::Receiver<Option<Bytes>>,
    lanes: [mpsc::Sender<Batch>; 3],
    limits: &Limits,
) -> Result<(), Denied> {
    let mut length_bytes = 0;
    loop {
        let Some((pieces, is_end)) = gather(&mut chunks).await else {
            return Err(Denied::BadRequest("The upload was cut off.".to_owned()));
        };
        length_bytes += pieces.iter().map(|piece| piece.len() as u64).sum::<u64>();
        check_size(limits, length_bytes)?;
        let batch = Batch::from(pieces);
        for lane in &lanes {
            if lane.send(Arc::clone(&batch)).await.is_err() {
                return Ok(());
            }
        }
        if is_end {
            return Ok(());
        }
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

/// Does the same with each batch, one after the other; what it was done to, in the end.
async fn lane<S: Send + 'static>(
    images: &Images,
    mut state: S,
    mut batches: mpsc::Receiver<Batch>,
    take: fn(&mut S, &[u8]) -> Result<(), DriverError>,
) -> Result<S, Denied> {
    while let Some(batch) = batches.recv().await {
        let taken = work(images, move || {
            batch.iter().try_for_each(|piece| take(&mut state, piece))?;
            Ok(state)
        });
        state = taken.await?;
    }
    Ok(state)
}

/// Does `work` on a thread that may wait, when there is a place for it.
pub(super) async fn work<T: Send + 'static>(
    images: &Images,
    work: impl FnOnce() -> Result<T, Denied> + Send + 'static,
) -> Result<T, Denied> {
    let _place = images.place().await;
    spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "an upload failed badly");
        Err(Denied::Unavailable("The upload failed.".to_owned()))
    })
}
