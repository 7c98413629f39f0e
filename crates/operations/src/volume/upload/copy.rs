//! The bytes of a volume as those of an image.

use model::ImageId;
use ports::copy::{Target, copy};
use ports::exec::Call;
use ports::scratch::{Scratch, ScratchFile};
use ports::volume::{Access, Disk, FileDisk};
use ports::{DriverError, Exec, ImageStore, Work, nbd};
use serde_json::json;

use crate::image::conversion;
use crate::image::digest::Known;
use crate::image::disk::qemu_format;
use crate::image::import::fill::of_disk;

const QEMU_IMG: &str = "qemu-img";

/// Where an image goes.
pub(super) struct Place<'a> {
    pub(super) store: &'a dyn ImageStore,
    pub(super) id: ImageId,
    /// How many bytes it may have.
    pub(super) most_bytes: u64,
    /// Where it lies in another format before it is put.
    pub(super) scratch: Option<&'a Scratch>,
}

/// Puts the content of `disk` into the store as the image of this identifier; says what is known of it then, and how
/// large the disk in it is.
pub(super) fn put(
    disk: &dyn Disk,
    to: &Place<'_>,
    disk_format: &str,
    exec: &Exec,
    work: &Work,
) -> Result<(Known, u64), DriverError> {
    let size_bytes = disk.size_bytes();
    let Some(format) = qemu_format(disk_format) else {
        return Ok((stream(disk, to, work)?, size_bytes));
    };
    let conversion = conversion::begin(work)?;
    let converted = convert(disk, format, to, exec, work)?;
    drop(conversion);
    let file = std::fs::File::open(converted.path()).and_then(FileDisk::new);
    let file = file.map_err(DriverError::io("opening a converted volume"))?;
    Ok((stream(&file, to, &Work::new())?, size_bytes))
}

/// Hashes and puts every byte; zeros are not read where they are known to be.
fn stream(disk: &dyn Disk, to: &Place<'_>, work: &Work) -> Result<Known, DriverError> {
    let (size_bytes, most) = (disk.size_bytes(), to.most_bytes);
    if size_bytes > most {
        let why = format!("the image would have {size_bytes} bytes, and {most} are allowed");
        return Err(DriverError::Refused(why));
    }
    of_disk(work, disk, to.store, to.id)
}

/// A file of `format` with the content of `disk`, which goes when it is dropped.
fn convert(
    disk: &dyn Disk,
    format: &str,
    to: &Place<'_>,
    exec: &Exec,
    work: &Work,
) -> Result<ScratchFile, DriverError> {
    let nowhere = || DriverError::Refused("this process has no place for a converted volume".to_owned());
    let place = to.scratch.ok_or_else(nowhere)?.file(&to.id.to_string())?;
    let create = Call::new(QEMU_IMG)
        .args(["create", "-q", "-f", format])
        .arg(place.path())
        .arg(disk.size_bytes().to_string());
    exec.run(work, &create)?;
    let Some(path) = place.path().to_str() else {
        return Err(DriverError::Refused("the place of a converted volume is not UTF-8".to_owned()));
    };
    let node = json!({
        "driver": format,
        "file": { "driver": "file", "filename": path, "aio": "threads" },
    });
    let target = nbd::open(exec, "a converted volume", &node, Access::Write)?;
    copy(disk, &place.bounded(&*target, to.most_bytes), Target::Blank, work)?;
    drop(target);
    Ok(place)
}
