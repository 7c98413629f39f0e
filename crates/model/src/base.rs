//! Bases: the contents of images that backends keep to make volumes from.

use crate::{BaseId, ImageId, Timestamp, words};

words! {
    /// How far a base is.
    BaseStatus {
        /// It is being brought to the backend.
        Filling = "filling",
        /// Volumes can be made from it.
        Ready = "ready",
        /// It could not be brought there; the next who needs it has it tried again.
        Error = "error",
        /// It is being removed.
        Removing = "removing",
    }
}

/// A base on a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Identifier.
    pub id: BaseId,
    /// The backend that keeps it (`host@backend`).
    pub backend: String,
    /// The pool within the backend.
    pub pool: Option<String>,
    /// Whose content it is: an image, or a later generation of one.
    pub image_id: ImageId,
    /// The base that it stands on.
    pub parent_id: Option<BaseId>,
    /// How many bases are below it.
    pub height: u64,
    /// Size in GiB; what is expected of it until it is ready.
    pub size_gib: u64,
    /// How far it is.
    pub status: BaseStatus,
    /// Why it could not be brought there.
    pub failure: Option<String>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When the last volume was made from it.
    pub used_at: Timestamp,
}
