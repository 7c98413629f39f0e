//! Moving data in one pass: from wherever they are, through the hashes, into a store.

use std::io::Read;

use model::ImageId;
use ports::image::{Fetched, ImageWriter};
use ports::volume::Disk;
use ports::{DriverError, ImageStore, Work};

use crate::image::digest::{Digest, Known};

/// Bytes that are moved at a time: so many that the threads which hash and put them are not begun all too often.
const CHUNK_BYTES: usize = 8 << 20;
/// Zeros for the hashes, where the disk has a hole.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// Where data are read from.
pub(crate) enum From {
    /// A disk, with its holes.
    Disk(Box<dyn Disk>),
    /// The web.
    Web(Fetched),
}

/// Moves data into `store`, up to `most_bytes`. They are there, durable and named, when this returns.
pub(crate) fn fill(
    work: &Work,
    from: From,
    store: &dyn ImageStore,
    id: ImageId,
    most_bytes: u64,
) -> Result<Known, DriverError> {
    let fetched = match from {
        From::Disk(disk) => return of_disk(work, &*disk, store, id),
        From::Web(fetched) => fetched,
    };
    let (mut writer, mut digest) = (store.begin(id)?, Digest::new());
    from_web(work, fetched, Some(&mut *writer), &mut digest, most_bytes)?;
    writer.finish()?;
    Ok(digest.finish())
}

/// Hashes data on the web, and keeps none of them.
pub(crate) fn hash(
    work: &Work,
    fetched: Fetched,
    digest: &mut Digest,
    most_bytes: u64,
) -> Result<(), DriverError> {
    from_web(work, fetched, None, digest, most_bytes)
}

/// Puts the content of a disk, with its holes, as [`fill`] does.
pub(crate) fn of_disk(
    work: &Work,
    disk: &dyn Disk,
    store: &dyn ImageStore,
    id: ImageId,
) -> Result<Known, DriverError> {
    let (mut writer, mut digest) = (store.begin(id)?, Digest::new());
    let size_bytes = disk.size_bytes();
    work.set_total(size_bytes);
    let cannot = || DriverError::io("reading a disk");
    let (mut buffer, mut at) = (vec![0; CHUNK_BYTES], 0);
    while at < size_bytes {
        let extent = disk.extent_at(at).map_err(cannot())?;
        let length = extent.length_bytes.min(size_bytes - at).min(CHUNK_BYTES as u64).max(1);
        let bytes = usize::try_from(length).unwrap_or(CHUNK_BYTES);
        if extent.is_zero {
            let zeros = vec![&ZEROS[..]; bytes / ZEROS.len()];
            let zeros = [&zeros[..], &[&ZEROS[..bytes % ZEROS.len()]]].concat();
            digest.feed(&zeros, || writer.skip(length))?;
        } else {
            let chunk = &mut buffer[..bytes];
            disk.read_at(chunk, at).map_err(cannot())?;
            digest.feed(&[chunk], || writer.write(chunk))?;
        }
        work.advance(length)?;
        at += length;
    }
    writer.finish()?;
    Ok(digest.finish())
}

fn from_web(
    work: &Work,
    mut fetched: Fetched,
    mut writer: Option<&mut dyn ImageWriter>,
    digest: &mut Digest,
    most_bytes: u64,
) -> Result<(), DriverError> {
    let announced = fetched.length_bytes;
    work.set_total(announced.unwrap_or(0));
    let too_large = || DriverError::Refused(format!("the image is larger than {most_bytes} bytes"));
    if announced.is_some_and(|bytes| bytes > most_bytes) {
        return Err(too_large());
    }
    let (mut buffer, mut length_bytes) = (vec![0; CHUNK_BYTES], 0);
    loop {
        let read =
            read_full(&mut fetched.reader, &mut buffer).map_err(DriverError::io("fetching an image"))?;
        let chunk = &buffer[..read];
        length_bytes += read as u64;
        if length_bytes > most_bytes {
            return Err(too_large());
        }
        digest.feed(&[chunk], || writer.as_deref_mut().map_or(Ok(()), |writer| writer.write(chunk)))?;
        work.advance(read as u64)?;
        if read < CHUNK_BYTES {
            break;
        }
    }
    match announced {
        Some(announced) if announced != length_bytes => Err(DriverError::Io {
            what: "fetching an image".to_owned(),
            source: std::io::Error::new(
                std::io::ErrorKind::UnexpectedEof,
                format!("{announced} bytes were announced, {length_bytes} came"),
            ),
        }),
        _ => Ok(()),
    }
}

/// Reads until the buffer is full or there is no more.
fn read_full(reader: &mut dyn Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
