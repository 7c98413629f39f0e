//! Images by the names of what holds them.

use model::ImageId;
use ports::DriverError;
use ports::image::FoundImage;

/// Those of `names` that are identifiers of images, as far as `length_of` finds them.
pub(super) fn found(
    names: impl IntoIterator<Item = String>,
    length_of: impl Fn(ImageId) -> Result<u64, DriverError>,
) -> Result<Vec<FoundImage>, DriverError> {
    let mut images = Vec::new();
    for name in names {
        let Some(id) = name.parse::<ImageId>().ok().filter(|id| id.to_string() == name) else { continue };
        match length_of(id) {
            Ok(size_bytes) => {
                images.push(FoundImage { id, size_bytes, used_bytes: size_bytes, modified_s: 0 });
            }
            Err(DriverError::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(images)
}
