//! The record of an image: making and changing it. No data are touched.

use std::collections::BTreeMap;

use model::{Image, ImageId, ImageStatus};
use store::images::Edit;
use store::{Conn, StoreError};

use super::allowance::Counted;
use super::{Caller, Denied, Images, Limits, find, key};

/// The name of the hash that images have beside their MD5.
pub const HASH_NAME: &str = super::digest::HASH_NAME;

/// One image.
///
/// # Errors
/// There is none that the caller may look at.
pub async fn show(images: &Images, caller: &Caller, id: ImageId) -> Result<Image, Denied> {
    let caller = caller.clone();
    images.desk.store.read(move |conn| find(conn, &caller, id)).await
}

/// Makes the record of an image, without data.
///
/// # Errors
/// The identifier is taken, or a limit is passed.
pub async fn create(images: &Images, image: Image) -> Result<Image, Denied> {
    check_limits(&images.limits, &image)?;
    let allowance = images.allowance(image.owner.as_ref(), &[Counted::CountTotal]).await?;
    let limits = std::sync::Arc::clone(&images.limits);
    images
        .desk
        .store
        .write(move |conn| {
            // What is being removed under this identifier must not meet what is new under it.
            let taken = || Denied::Conflict(format!("Image ID {} already exists!", image.id));
            let is_removed = store::operations::is_pending(conn, &key(image.id))?;
            // Nor what an upload is about to put that has not yet noticed that its image is gone.
            if is_removed || store::image_uploads::is_any_of(conn, image.id)? {
                return Err(taken());
            }
            check_project(conn, &limits, &image, 0)?;
            allowance.check(conn, Counted::CountTotal, 1)?;
            let now = conn.now();
            let image = Image { created_at: now, updated_at: now, ..image };
            match store::images::insert(conn, &image) {
                Err(StoreError::Duplicate(_)) => Err(taken()),
                done => done.map(|()| image).map_err(Denied::from),
            }
        })
        .await
}

/// Changes the record of an image: `change` is given the image as it is and leaves it as it is to be.
///
/// # Errors
/// Those of `change`, or a limit is passed; nothing has changed then.
pub async fn update(
    images: &Images,
    caller: &Caller,
    id: ImageId,
    change: impl FnOnce(&mut Image) -> Result<(), Denied> + Clone + Send + 'static,
) -> Result<Image, Denied> {
    let (caller, limits) = (caller.clone(), std::sync::Arc::clone(&images.limits));
    images
        .desk
        .store
        .write(move |conn| {
            let old = find(conn, &caller, id)?;
            let mut new = old.clone();
            change(&mut new)?;
            if new == old {
                return Ok(old);
            }
            check_growth(&limits, &old, &new)?;
            store::images::edit(conn, id, &difference(&old, new))?;
            store::images::get(conn, id)?
                .ok_or_else(|| Denied::NotFound(format!("No image found with ID {id}")))
        })
        .await
}

/// The columns that differ. What other requests change at the same time stays as they left it.
fn difference(old: &Image, new: Image) -> Edit {
    macro_rules! changed {
        ($($field:ident),+) => {
            Edit { $($field: (old.$field != new.$field).then_some(new.$field),)+ worker: None }
        };
    }
    changed!(
        owner,
        name,
        status,
        visibility,
        disk_format,
        container_format,
        size_bytes,
        virtual_size_bytes,
        checksum,
        os_hash_algo,
        os_hash_value,
        min_disk_gib,
        min_ram_mib,
        protected,
        hidden,
        properties,
        tags,
        locations
    )
}

fn check_limits(limits: &Limits, image: &Image) -> Result<(), Denied> {
    let counts = [
        ("properties", image.properties.0.len(), limits.properties),
        ("tags", image.tags.len(), limits.tags),
        ("locations", image.locations.len(), limits.locations),
    ];
    for (what, attempted, maximum) in counts {
        if usize::try_from(maximum).is_ok_and(|maximum| attempted > maximum) {
            return Err(over_limit(what, attempted, maximum));
        }
    }
    Ok(())
}

/// Only what grows is held against its limit: who is over one may always come nearer to it.
fn check_growth(limits: &Limits, old: &Image, new: &Image) -> Result<(), Denied> {
    let mut grown = new.clone();
    if new.properties.0.len() <= old.properties.0.len() {
        grown.properties.0.clear();
    }
    if new.tags.len() <= old.tags.len() {
        grown.tags.clear();
    }
    if new.locations.len() <= old.locations.len() {
        grown.locations.clear();
    }
    check_limits(limits, &grown)
}

pub(super) fn over_limit(what: &str, attempted: usize, maximum: i64) -> Denied {
    let of = if what == "members" { "image members for this image" } else { what };
    let of = if what == "members" { of.to_owned() } else { format!("image {of}") };
    Denied::TooLarge(format!(
        "The limit has been exceeded on the number of allowed {of}. Attempted: {attempted}, Maximum: {maximum}"
    ))
}

/// How many more bytes the data of the image's project may have.
pub(crate) fn room(conn: &Conn<'_>, limits: &Limits, image: &Image) -> Result<u64, StoreError> {
    let (Some(owner), true) = (&image.owner, limits.project_bytes > 0) else { return Ok(u64::MAX) };
    let (_, used) = store::images::usage(conn, owner)?;
    Ok(limits.project_bytes.saturating_sub(used))
}

/// Refuses what would bring the data of a project over its limit.
pub(crate) fn check_project(
    conn: &Conn<'_>,
    limits: &Limits,
    image: &Image,
    more_bytes: u64,
) -> Result<(), Denied> {
    let (Some(owner), true) = (&image.owner, limits.project_bytes > 0) else { return Ok(()) };
    let (_, used) = store::images::usage(conn, owner)?;
    let remaining = limits.project_bytes.saturating_sub(used);
    if more_bytes <= remaining && used <= limits.project_bytes {
        return Ok(());
    }
    Err(Denied::TooLarge(format!(
        "Image exceeds the storage quota: The size of the data {more_bytes} will exceed the limit. {remaining} bytes \
         remaining."
    )))
}

/// Keeps others than administrators from the data of an image, or lets them in again.
///
/// # Errors
/// The image is in no status from which that can be done.
pub async fn activate(images: &Images, caller: &Caller, id: ImageId, active: bool) -> Result<(), Denied> {
    let (verb, from, to) = match active {
        true => ("reactivate", ImageStatus::Deactivated, ImageStatus::Active),
        false => ("deactivate", ImageStatus::Active, ImageStatus::Deactivated),
    };
    let changed = update(images, caller, id, move |image| {
        if image.status != from && image.status != to {
            let why = format!("Not allowed to {verb} image in status '{}'", image.status);
            return Err(Denied::Forbidden(why));
        }
        image.status = to;
        Ok(())
    });
    changed.await.map(|_| ())
}

/// The lengths of data on the web, by address; what cannot be reached is left out.
pub async fn measure(images: &Images, urls: Vec<String>) -> BTreeMap<String, u64> {
    let Some(web) = images.web.clone() else { return BTreeMap::new() };
    let measured = tokio::task::spawn_blocking(move || {
        let length = |url: String| {
            // What stands behind a number sign is for the client and not for the server.
            let opened = web.open(url.split('#').next().unwrap_or_default());
            Some((url, opened.ok()?.length_bytes?))
        };
        urls.into_iter().filter_map(length).collect()
    });
    measured.await.unwrap_or_default()
}
