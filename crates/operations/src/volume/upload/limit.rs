//! Whether an image that is made of a volume is within what its project may have.

use model::ImageId;
use store::{Conn, StoreError};

use crate::image::Denied;
use crate::image::Limits;
use crate::image::record::check_project;

/// Why the image may not be of so many bytes, when it may not.
pub(super) fn passed(
    conn: &Conn<'_>,
    limits: Option<&Limits>,
    id: ImageId,
    bytes: u64,
) -> Result<Option<String>, StoreError> {
    let Some(limits) = limits else { return Ok(None) };
    let Some(image) = store::images::get(conn, id)? else { return Ok(None) };
    match check_project(conn, limits, &image, bytes) {
        Ok(()) => Ok(None),
        Err(Denied::TooLarge(why)) => Ok(Some(why)),
        Err(Denied::Store(error)) => Err(error),
        Err(other) => Ok(Some(other.to_string())),
    }
}
