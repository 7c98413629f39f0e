//! What is put right at start, and what others left that do not return.

use std::sync::Arc;

use model::{ImageId, ImageStatus};
use ports::ImageStore;
use store::StoreError;

use super::Images;

/// What uploads of an earlier life of this process left. No upload may be under way before all of it is put right.
pub struct Recovery {
    images: Images,
    /// Those that were not yet found usable.
    stores: Vec<Arc<dyn ImageStore>>,
    /// The uploads that were cut off, and their images.
    cut_off: Vec<(String, ImageId)>,
}

impl Recovery {
    /// Looks what there is to do.
    ///
    /// # Errors
    /// The store's own.
    pub async fn begin(images: &Images) -> Result<Self, StoreError> {
        let (process, lease_ms) = (images.process.clone(), images.upload_lease_ms);
        let found = images.desk.store.write(move |conn| {
            let lease_until = conn.now().plus_millis(lease_ms);
            // First, for what is made ours again is among ours then.
            let left = store::image_uploads::reclaim(conn, &process, lease_until)?;
            let cut_off = store::image_uploads::of_process(conn, &process)?;
            for (worker, _) in &cut_off {
                store::image_uploads::renew(conn, worker, lease_until)?;
            }
            Ok::<_, StoreError>((left, cut_off))
        });
        let (left, cut_off) = found.await?;
        for image in left {
            tracing::warn!(%image, "has data by now: should an upload that others ended have left some here, they stay");
        }
        let stores = images.stores.ours().cloned().collect();
        Ok(Self { images: images.clone(), stores, cut_off })
    }

    /// Removes what was left in every store that can be used, and then lets the images that were cut off take data again.
    ///
    /// # Errors
    /// Why a store cannot be used. What was put right needs not be put right again.
    pub async fn go_on(&mut self) -> Result<(), String> {
        let stores = self.stores.clone();
        let looked = tokio::task::spawn_blocking(move || bring_up(stores)).await;
        let (unusable, why) = looked.map_err(|panic| panic.to_string())?;
        self.stores = unusable;
        if let Some(why) = why {
            return Err(why);
        }
        while let Some((worker, id)) = self.cut_off.last().cloned() {
            if put_right(&self.images, worker, id).await? {
                tracing::warn!(image = %id, "its upload was cut off; if it is still there, it takes data again");
            }
            self.cut_off.pop();
        }
        Ok(())
    }
}

/// Ends the uploads of processes that have said for longer than a lease no more that they go on. What they left in stores
/// that others reach is removed; what is on their own host goes when they are back.
///
/// # Errors
/// The store's own, or why something could not be removed: it is tried again once the lease of this process has ended.
pub async fn end_lost(images: &Images) -> Result<(), String> {
    loop {
        let worker = images.worker();
        let (mine, lease_ms) = (worker.clone(), images.upload_lease_ms);
        let taken = images.desk.store.write(move |conn| {
            store::image_uploads::take_over(conn, &mine, conn.now().plus_millis(lease_ms))
        });
        let Some(id) = taken.await.map_err(|error: StoreError| error.chain())? else { return Ok(()) };
        put_right(images, worker, id).await?;
        tracing::warn!(image = %id, "its upload was ended, as nothing was heard of its process; if it is still there, it takes data again");
    }
}

/// Removes what an upload of ours has left, and lets its image take data again. False when it was another's by then.
async fn put_right(images: &Images, worker: String, id: ImageId) -> Result<bool, String> {
    let database = &images.desk.store;
    let (mine, lease_ms) = (worker.clone(), images.upload_lease_ms);
    let is_ours = database
        .write(move |conn| store::image_uploads::renew(conn, &mine, conn.now().plus_millis(lease_ms)));
    if !is_ours.await.map_err(|error: StoreError| error.chain())? {
        return Ok(false);
    }
    let stores = Arc::clone(&images.stores);
    let removed = tokio::task::spawn_blocking(move || stores.ours().try_for_each(|store| store.remove(id)));
    removed.await.map_err(|panic| panic.to_string())?.map_err(|error| error.chain())?;
    let reset = database.write(move |conn| store::image_uploads::end(conn, &worker, id, ImageStatus::Queued));
    reset.await.map_err(|error: StoreError| error.chain())?;
    Ok(true)
}

/// Removes what is half-made from the stores that can be used. The others, and why the first of them cannot.
fn bring_up(stores: Vec<Arc<dyn ImageStore>>) -> (Vec<Arc<dyn ImageStore>>, Option<String>) {
    let (mut unusable, mut first, mut swept) = (Vec::new(), None, 0);
    for store in stores {
        match store.check().and_then(|()| store.sweep()) {
            Ok(removed) => swept += removed,
            Err(error) => {
                first.get_or_insert_with(|| error.chain());
                unusable.push(store);
            }
        }
    }
    if swept > 0 {
        tracing::warn!(swept, "removed what uploads of an earlier process had begun");
    }
    (unusable, first)
}
