//! What is put right at start.

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
        let process = images.process.clone();
        let cut_off = images.desk.store.read(move |conn| store::image_uploads::of_process(conn, &process));
        let cut_off = cut_off.await?;
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
            let stores = Arc::clone(&self.images.stores);
            let removed =
                tokio::task::spawn_blocking(move || stores.ours().try_for_each(|store| store.remove(id)));
            removed.await.map_err(|panic| panic.to_string())?.map_err(|error| error.chain())?;
            let reset = self
                .images
                .desk
                .store
                .write(move |conn| store::image_uploads::end(conn, &worker, id, ImageStatus::Queued));
            reset.await.map_err(|error: StoreError| error.chain())?;
            tracing::warn!(image = %id, "its upload was cut off; if it is still there, it takes data again");
            self.cut_off.pop();
        }
        Ok(())
    }
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
