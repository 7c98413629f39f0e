//! Whether the blocks that an image claims to have could be in its data: a bomb is refused as soon as it is there, and not
//! when somebody opens it.

use inspect::{Format, Refused, Report, expansion};
use model::Image;
use ports::{DriverError, ImageStore};

use super::digest::Known;

/// Looks through the tables of data that `store` has for `image`; what is wrong with them, if something is.
///
/// # Errors
/// The store failed.
pub(crate) fn weigh(
    store: &dyn ImageStore,
    image: &Image,
    known: &Known,
) -> Result<Option<String>, DriverError> {
    // What is in a container of another kind is not seen from outside.
    let is_bare = image.container_format.as_deref() == Some("bare");
    let Some(report) = known.report.as_ref().filter(|report| is_bare && has_tables(report)) else {
        return Ok(None);
    };
    let data = store.open(image.id)?;
    let danger = expansion(report, |buffer, offset| data.read_at(buffer, offset));
    let danger = danger.map_err(DriverError::io(format!("looking at image {}", image.id)))?;
    Ok(danger.map(|danger| Refused::Danger { format: report.format, danger }.to_string()))
}

/// Whether there are tables that can be believed: an image with other dangers is refused for those.
fn has_tables(report: &Report) -> bool {
    use Format::{Qcow2, Vdi, Vhd, Vhdx, Vmdk};
    report.dangers.is_empty() && matches!(report.format, Qcow2 | Vmdk | Vhd | Vhdx | Vdi)
}

/// The same, where such data are a failure.
///
/// # Errors
/// They are refused, or the store failed.
pub(crate) fn check(store: &dyn ImageStore, image: &Image, known: &Known) -> Result<(), DriverError> {
    match weigh(store, image, known)? {
        None => Ok(()),
        Some(why) => Err(DriverError::Refused(format!("Image failed safety checks: {why}"))),
    }
}
