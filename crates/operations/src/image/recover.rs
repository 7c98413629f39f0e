//! What is put right at start.

use model::ImageStatus;
use store::StoreError;

use super::Images;

/// Removes what uploads of an earlier life of this host left, and lets their images take data again. Called once, when
/// no upload is under way.
///
/// # Errors
/// The store's own, or that of an image store.
pub async fn recover(images: &Images) -> Result<(), String> {
    let stores = std::sync::Arc::clone(&images.stores);
    let swept = tokio::task::spawn_blocking(move || stores.bring_up()).await;
    let swept = swept.map_err(|error| error.to_string())?.map_err(|error| error.chain())?;
    if swept > 0 {
        tracing::warn!(swept, "removed what uploads of an earlier process had begun");
    }
    let host = images.host.clone();
    let left = images.desk.store.read(move |conn| store::images::of_worker(conn, &host)).await;
    for image in left.map_err(|error: StoreError| error.chain())? {
        let (stores, id) = (std::sync::Arc::clone(&images.stores), image.id);
        let removed =
            tokio::task::spawn_blocking(move || stores.ours().try_for_each(|store| store.remove(id)));
        removed.await.map_err(|error| error.to_string())?.map_err(|error| error.chain())?;
        let from = [ImageStatus::Saving, ImageStatus::Uploading];
        let reset = images
            .desk
            .store
            .write(move |conn| store::images::set_status_from(conn, id, &from, ImageStatus::Queued, None));
        reset.await.map_err(|error: StoreError| error.chain())?;
        tracing::warn!(image = %id, "its upload was cut off; it takes data again");
    }
    Ok(())
}
