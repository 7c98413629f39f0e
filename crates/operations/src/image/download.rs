//! Giving the data of an image to a client.

use std::io::{self, Read};
use std::sync::Arc;

use model::{Image, ImageId, ImageStatus};
use ports::ImageStore;
use ports::volume::Disk;

use super::{Caller, Denied, Images, find};

/// Data that can be read from anywhere.
pub trait Data: Send + Sync {
    /// How long they are.
    fn size_bytes(&self) -> u64;

    /// Fills `buffer` with what stands at `offset_bytes`. Blocks.
    ///
    /// # Errors
    /// The storage's own.
    fn read_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<()>;
}

impl Data for Box<dyn Disk> {
    fn size_bytes(&self) -> u64 {
        self.as_ref().size_bytes()
    }

    fn read_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<()> {
        self.as_ref().read_at(buffer, offset_bytes)
    }
}

/// Data to read from.
pub struct Download {
    /// The image.
    pub image: Image,
    /// Its data.
    pub source: Source,
}

/// Where data are read from.
pub enum Source {
    /// There are none yet.
    Nothing,
    /// A store of ours: from anywhere in them.
    Here(Arc<dyn Data>),
    /// The web: from their beginning to their end, of this length where it is known.
    Web(Box<dyn Read + Send>, Option<u64>),
}

/// Opens the data of an image, from one of the stores `preferred` where one of them has a copy. Whoever has them open
/// reads on when the image is deleted.
///
/// # Errors
/// There is no such image, it may not be downloaded, or its data cannot be reached.
pub async fn open(
    images: &Images,
    caller: &Caller,
    id: ImageId,
    preferred: &[String],
) -> Result<Download, Denied> {
    let asking = caller.clone();
    let image = images
        .desk
        .store
        .read(move |conn| {
            let image = super::seen(conn, &asking, id)?;
            if image.status == ImageStatus::Deactivated && !asking.is_admin {
                let why = "The requested image has been deactivated. Image data download is forbidden.";
                return Err(Denied::Forbidden(why.to_owned()));
            }
            let image = find(conn, &asking, id)?;
            super::check_is_readable(conn, &image)?;
            Ok::<_, Denied>(image)
        })
        .await?;
    let Some(store) = store_of(images, &image, preferred) else {
        let source = from_web(images, &image).await?;
        return Ok(Download { image, source });
    };
    let cache = images.stores.cache.clone();
    let opened = tokio::task::spawn_blocking(move || match cache.map(|cache| cache.open(id)) {
        Some(Ok(cached)) => Ok((cached, true)),
        _ => store.open(id).map(|data| (data, false)),
    });
    let opened = opened.await.map_err(|_| Denied::Unavailable("The service is ending.".to_owned()))?;
    let (data, is_cached) = opened?;
    if is_cached {
        super::cache::count_read(images, id).await;
    }
    Ok(Download { image, source: Source::Here(Arc::new(data)) })
}

/// Data that are only on the web.
async fn from_web(images: &Images, image: &Image) -> Result<Source, Denied> {
    let Some(location) = image.locations.first() else { return Ok(Source::Nothing) };
    let web = images.web.clone();
    let web = web.ok_or_else(|| Denied::Unavailable("Nothing is fetched from the web here.".to_owned()))?;
    let url = location.address().to_owned();
    let opened = tokio::task::spawn_blocking(move || web.open(&url)).await;
    let opened = opened.map_err(|_| Denied::Unavailable("The service is ending.".to_owned()))?;
    let fetched = opened.map_err(|error| {
        tracing::warn!(image = %image.id, why = error.chain(), "its data on the web cannot be fetched");
        Denied::Unavailable("Remote server where the image is present is unavailable.".to_owned())
    })?;
    Ok(Source::Web(fetched.reader, fetched.length_bytes))
}

fn store_of(images: &Images, image: &Image, preferred: &[String]) -> Option<Arc<dyn ImageStore>> {
    let has = |name: &&String| image.stores().any(|store| store == name.as_str());
    let named = preferred.iter().filter(has).find_map(|name| images.stores.writable(name));
    named.or_else(|| images.stores.nearest(image).map(|(_, store)| store)).cloned()
}
