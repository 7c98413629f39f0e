//! Whether an image that is made of a volume is within what its project may have.

use model::ImageId;
use store::{Conn, StoreError};

use crate::Tools;
use crate::image::record::{check_project, room};
use crate::image::{Denied, Limits};

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

/// How many bytes the image may have: of other formats than raw it is not known before how many it has.
pub(super) async fn most_bytes(tools: &Tools, id: ImageId) -> Result<u64, StoreError> {
    let Some(limits) = tools.image_limits.clone() else { return Ok(u64::MAX) };
    let read = tools.store.read(move |conn| {
        let left = store::images::get(conn, id)?.map(|image| room(conn, &limits, &image)).transpose()?;
        Ok(left.unwrap_or(u64::MAX).min(limits.size_cap_bytes))
    });
    read.await
}
