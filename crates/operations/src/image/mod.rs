//! Images: their records, their data, and what is done to both.
//!
//! An upload is not a durable operation, because nobody can repeat the bytes of a client that is gone: the row says
//! `saving` and which upload of which process brings the data, and [`Recovery`] puts right at start what a killed process
//! left; [`end_lost`] ends what belongs to a process that does not return. Whatever can be repeated (deleting, importing,
//! copying) is an operation on the queue of the host whose stores it touches.

pub mod allowance;
pub mod cache;
pub mod delete;
pub mod download;
pub mod import;
pub mod member;
pub mod metadef;
pub mod record;
pub mod refused;
pub mod service;
pub mod stores;
pub mod upload;

pub(crate) mod conversion;
pub(crate) mod digest;
pub(crate) mod disk;
mod recover;
pub(crate) mod weigh;

pub use recover::{Recovery, end_lost};
pub use refused::Denied;
pub use service::{Caller, ImageHouse, Images, Limits, MayTouch};
pub use stores::{ImageStores, Kept, StoreEntry};

use model::{Image, ImageId, ImageStatus, ImageVisibility};
use store::Conn;

/// The key of an image in the ledger.
#[must_use]
pub fn key(id: ImageId) -> String {
    format!("image/{id}")
}

/// The image of a key.
pub(crate) fn of_key(key: &str) -> Option<ImageId> {
    key.strip_prefix("image/")?.parse().ok()
}

/// The queue of the host whose stores keep the data of images.
#[must_use]
pub fn queue(host: &str) -> String {
    format!("image:{host}")
}

/// The host of a queue.
fn host_of(queue: &str) -> Option<&str> {
    queue.strip_prefix("image:")
}

/// Finds an image that the caller sees and may touch.
pub(crate) fn find(conn: &Conn<'_>, caller: &Caller, id: ImageId) -> Result<Image, Denied> {
    let image = seen(conn, caller, id)?;
    (caller.may)(&image, is_member(conn, caller, &image)?)?;
    Ok(image)
}

/// Finds an image that the caller sees.
fn seen(conn: &Conn<'_>, caller: &Caller, id: ImageId) -> Result<Image, Denied> {
    let nobody = model::ProjectId::new("");
    let viewer = (!caller.is_admin).then(|| caller.project.as_ref().unwrap_or(&nobody));
    store::images::get_visible(conn, id, viewer)?
        .ok_or_else(|| Denied::NotFound(format!("No image found with ID {id}")))
}

/// Whether the image is shared with the caller's project.
fn is_member(conn: &Conn<'_>, caller: &Caller, image: &Image) -> Result<bool, Denied> {
    match (&caller.project, image.visibility) {
        (Some(project), ImageVisibility::Shared) => {
            Ok(store::images::member(conn, image.id, project)?.is_some())
        }
        _ => Ok(false),
    }
}

/// Refuses the image of a generation of a template, which the backends keep and no image store.
fn check_is_readable(conn: &Conn<'_>, image: &Image) -> Result<(), Denied> {
    match store::templates::generations::saved_as(conn, image.id)? {
        None => Ok(()),
        Some(it) => Err(Denied::Conflict(format!(
            "Image {} is generation {} of template {}, which backends keep and no image store: make a volume of it, and \
             an image of that volume.",
            image.id, it.number, it.template_id
        ))),
    }
}

/// The refusal of a change of status.
fn no_transition(from: ImageStatus, to: ImageStatus) -> Denied {
    Denied::Conflict(format!("Image status transition from {from} to {to} is not allowed"))
}
