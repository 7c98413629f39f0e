//! Images against what is said of them, before anything opens them.
//!
//! An image in QEMU's format may name other files, and its names are data that somebody wrote: what is opened is what the
//! caller says, and an image that says otherwise is refused.

use std::fs::File;
use std::os::unix::fs::FileExt;

use inspect::Danger;

use super::PlugError;
use super::disk::{Disk, Format, Image, MAX_LAYERS, Place};

/// Looks at what lies in files of this host.
pub(super) fn check(disk: &Disk) -> Result<(), PlugError> {
    if disk.images().count() > MAX_LAYERS {
        return Err(PlugError::Image(format!("the disk has more than {MAX_LAYERS} layers")));
    }
    let images: Vec<&Image> = disk.images().collect();
    for (number, image) in images.iter().enumerate() {
        let below = images.get(number + 1);
        match (image.format, below) {
            (Format::Raw, Some(_)) => return Err(bad(image, "is raw and lies on nothing")),
            (Format::Qcow2, _) => look(image, below.is_some())?,
            (Format::Raw, None) => {}
        }
    }
    Ok(())
}

fn look(image: &Image, on_another: bool) -> Result<(), PlugError> {
    let Place::File(path) = &image.place else { return Ok(()) };
    let failed = |error: std::io::Error| bad(image, &format!("cannot be read: {error}"));
    let file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let report =
        inspect::inspect(length, |buffer, offset| file.read_exact_at(buffer, offset)).map_err(failed)?;
    if report.format != inspect::Format::Qcow2 {
        return Err(bad(image, &format!("is {} and not qcow2", report.format)));
    }
    let is_backed = report.dangers.contains(&Danger::BackingFile);
    match report.dangers.iter().find(|danger| **danger != Danger::BackingFile) {
        Some(danger) => Err(bad(image, &format!("is refused: {danger}"))),
        None if is_backed != on_another => Err(bad(image, whether_backed(is_backed))),
        None => Ok(()),
    }
}

/// What is wrong with an image that lies on something, or does not, against what was said.
pub(super) const fn whether_backed(is_backed: bool) -> &'static str {
    if is_backed { "lies on another image, of which nothing was said" } else { "lies on no other image" }
}

/// An image that is not what was said.
pub(super) fn bad(image: &Image, why: &str) -> PlugError {
    let name = image.place.file_name().unwrap_or("the image");
    PlugError::Image(format!("{name} {why}"))
}
