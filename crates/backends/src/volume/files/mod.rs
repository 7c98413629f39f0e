//! A directory of volume files: what the drivers that keep files have in common.

mod copy;
mod directory;
mod group_sync;
mod lock;
mod name;
mod stranger;
mod takes_over;
mod wipe;

pub(crate) use copy::{Stopped, copy_sparse, reflink};
pub(crate) use directory::{Directory, Entry};
pub(crate) use lock::Exclusive;
pub(crate) use name::FileName;
pub(crate) use stranger::PlainName;
pub(crate) use takes_over::{TakesOver, manage_files};
pub(crate) use wipe::wipe;

use std::fmt::Display;
use std::fs::File;

use serde_json::{Map, Value};

use model::GIB;
use model::limits::MAX_SIZE_GIB;
use ports::DriverError;
use ports::volume::{Access, Connection, Disk, FileDisk, VolumeRef};

/// Opens a file that has to be there.
pub(crate) fn existing(directory: &Directory, name: FileName, access: Access) -> Result<File, DriverError> {
    directory.open_file(name, access)?.ok_or_else(|| DriverError::Missing { what: name.to_string() })
}

/// The whole of a raw file, for the service's own reading and writing.
pub(crate) fn disk(file: File) -> Result<Box<dyn Disk>, DriverError> {
    Ok(Box::new(FileDisk::new(file).map_err(DriverError::io("measuring a volume"))?))
}

/// How this host gets at a volume that is a file of its own: by the path.
pub(crate) fn local_connection(directory: &Directory, name: FileName, volume: &VolumeRef) -> Connection {
    let data = [
        ("device_path", Value::from(directory.path_of(name).display().to_string())),
        ("volume_id", Value::from(volume.id.to_string())),
    ];
    Connection::new(
        "local",
        data.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>(),
    )
}

/// The length of a file in bytes.
pub(crate) fn length(directory: &Directory, name: impl Display, file: &File) -> Result<u64, DriverError> {
    Ok(file.metadata().map_err(directory.failure("looking at", name, 0))?.len())
}

/// The size of a volume in bytes, when each GiB is `gib_bytes` large.
pub(crate) fn bytes_of(size_gib: u64, gib_bytes: u64) -> Result<u64, DriverError> {
    if size_gib == 0 || size_gib > MAX_SIZE_GIB {
        return Err(DriverError::Refused(format!("{size_gib} GiB is not the size of a volume")));
    }
    size_gib
        .checked_mul(gib_bytes)
        .ok_or_else(|| DriverError::Refused(format!("{size_gib} GiB are more bytes than can be counted")))
}

/// The size in GiB of what has `bytes`, rounded up, when each GiB is `gib_bytes` large.
///
/// # Errors
/// It is not the size of a volume.
pub(crate) fn whole_gib(bytes: u64, gib_bytes: u64) -> Result<u64, DriverError> {
    match bytes.div_ceil(gib_bytes.max(1)) {
        0 => Err(DriverError::Refused("it is empty".to_owned())),
        gib if gib > MAX_SIZE_GIB => {
            Err(DriverError::Refused(format!("{gib} GiB is not the size of a volume")))
        }
        gib => Ok(gib),
    }
}

/// Bytes as a fraction of GiB, for reports.
#[allow(clippy::cast_precision_loss, reason = "a report; the loss is a byte in eight PiB")]
pub(crate) fn gib_of(bytes: u64) -> f64 {
    bytes as f64 / GIB as f64
}

#[cfg(test)]
mod tests;
