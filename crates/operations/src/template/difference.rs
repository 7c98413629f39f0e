//! What a generation of a disk differs in from the one before, as bytes in an image store.
//!
//! ```text
//! "BESSERDIFF" 0 1   twelve bytes
//! whole              one byte: 1 when it is the whole disk, and everything else is zeros
//! size               eight bytes: length of the disk
//! records            kind (1 data, 2 zeros), offset and length of eight bytes each, then the data if it has any
//! end                kind 0, then the SHA-256 of everything before it
//! ```
//!
//! Numbers are big-endian. Records rise in offset and do not overlap; nothing in them names anything.

use std::io;

use model::ImageId;
use ports::volume::Disk;
use ports::{DriverError, ImageStore, Work};
use sha2::{Digest, Sha256};

use crate::image::ImageStores;

const MAGIC: &[u8; 12] = b"BESSERDIFF\x00\x01";
const DATA: u8 = 1;
const ZEROS: u8 = 2;
const END: u8 = 0;
/// The grain in which disks are compared.
const GRAIN_BYTES: usize = 64 << 10;
/// How much is read at once: the most that a record of data has.
const CHUNK_BYTES: usize = 1 << 20;
const HEADER_BYTES: u64 = 12 + 1 + 8;
const RECORD_BYTES: u64 = 1 + 8 + 8;
const NOTHING: &[u8] = &[0; CHUNK_BYTES];

/// What was found when a disk was compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Compared {
    /// How many bytes are in stretches that differ.
    pub(crate) changed_bytes: u64,
    /// The hash of the whole disk, in hexadecimal.
    pub(crate) sha256: String,
}

/// A stretch that differs.
enum Stretch<'b> {
    Data(&'b [u8]),
    Zeros(u64),
}

type Found<'f> = dyn FnMut(u64, Stretch<'_>) -> Result<(), DriverError> + 'f;

/// Compares `disk` with `parent`, or with zeros, and calls `found` for each stretch that differs.
fn compare(
    disk: &dyn Disk,
    parent: Option<&dyn Disk>,
    work: &Work,
    found: &mut Found<'_>,
) -> Result<Compared, DriverError> {
    let size = disk.size_bytes();
    work.set_total(size);
    let (mut hash, mut changed_bytes, mut at) = (Sha256::new(), 0, 0);
    let (mut new, mut old) = (vec![0; CHUNK_BYTES], vec![0; CHUNK_BYTES]);
    while at < size {
        let length = usize::try_from(size - at).unwrap_or(usize::MAX).min(CHUNK_BYTES);
        let is_zero = read(disk, at, &mut new[..length])?;
        hash.update(&new[..length]);
        let was_zero = match parent {
            Some(parent) => read(parent, at, &mut old[..length])?,
            None => true,
        };
        if !(is_zero && was_zero) {
            let before = if was_zero { &NOTHING[..length] } else { &old[..length] };
            changed_bytes += differing(at, &new[..length], before, found)?;
        }
        work.advance(length as u64)?;
        at += length as u64;
    }
    Ok(Compared { changed_bytes, sha256: hex(&hash.finalize()) })
}

/// Fills `buffer` with what stands at `at`, zeros beyond the end; says whether all of it is zeros for certain.
fn read(disk: &dyn Disk, at: u64, buffer: &mut [u8]) -> Result<bool, DriverError> {
    let reading = |error: io::Error| DriverError::io(format!("reading at {at}"))(error);
    buffer.fill(0);
    let there = usize::try_from(disk.size_bytes().saturating_sub(at)).unwrap_or(usize::MAX).min(buffer.len());
    if there == 0 {
        return Ok(true);
    }
    let extent = disk.extent_at(at).map_err(reading)?;
    if extent.is_zero && extent.length_bytes >= there as u64 {
        return Ok(true);
    }
    disk.read_at(&mut buffer[..there], at).map_err(reading)?;
    Ok(false)
}

/// Hands out the runs of grains that differ; says how many bytes they have.
fn differing(at: u64, new: &[u8], old: &[u8], found: &mut Found<'_>) -> Result<u64, DriverError> {
    let (mut start, mut bytes) = (0, 0);
    let kinds: Vec<_> = new
        .chunks(GRAIN_BYTES)
        .zip(old.chunks(GRAIN_BYTES))
        .map(|(new, old)| (new != old, new.iter().all(|byte| *byte == 0)))
        .collect();
    for run in kinds.chunk_by(|a, b| a == b) {
        let end = (start + run.len() * GRAIN_BYTES).min(new.len());
        let (differs, is_zero) = run[0];
        if differs {
            let length = (end - start) as u64;
            let stretch = if is_zero { Stretch::Zeros(length) } else { Stretch::Data(&new[start..end]) };
            found(at + start as u64, stretch)?;
            bytes += length;
        }
        start = end;
    }
    Ok(bytes)
}

/// Compares, and keeps nothing but the numbers.
pub(crate) fn measure(
    disk: &dyn Disk,
    parent: Option<&dyn Disk>,
    work: &Work,
) -> Result<Compared, DriverError> {
    compare(disk, parent, work, &mut |_, _| Ok(()))
}

/// Puts what `disk` differs in from `parent` into the store as the data of `image`.
pub(crate) fn put(
    store: &dyn ImageStore,
    image: ImageId,
    disk: &dyn Disk,
    parent: Option<&dyn Disk>,
    work: &Work,
) -> Result<(), DriverError> {
    let mut writer = store.begin(image)?;
    let mut hash = Sha256::new();
    let mut write = |bytes: &[u8]| {
        hash.update(bytes);
        writer.write(bytes)
    };
    write(MAGIC)?;
    write(&[u8::from(parent.is_none())])?;
    write(&disk.size_bytes().to_be_bytes())?;
    compare(disk, parent, work, &mut |at, stretch| {
        let (kind, length) = match &stretch {
            Stretch::Data(bytes) => (DATA, bytes.len() as u64),
            Stretch::Zeros(length) => (ZEROS, *length),
        };
        write(&[kind])?;
        write(&at.to_be_bytes())?;
        write(&length.to_be_bytes())?;
        match stretch {
            Stretch::Data(bytes) => write(bytes),
            Stretch::Zeros(_) => Ok(()),
        }
    })?;
    write(&[END])?;
    let sum = hash.finalize();
    writer.write(&sum)?;
    writer.finish().map(drop)
}

/// A difference in a store.
pub(crate) struct Difference {
    data: Box<dyn Disk>,
    is_whole: bool,
    size_bytes: u64,
}

impl Difference {
    /// Opens that of `image`, in whichever store has it.
    pub(crate) fn open(stores: Option<&ImageStores>, image: ImageId) -> Result<Self, DriverError> {
        let missing = || DriverError::Missing { what: format!("the difference of generation {image}") };
        let stores = stores.ok_or_else(missing)?;
        let data = stores.ours().find_map(|store| store.open(image).ok()).ok_or_else(missing)?;
        Self::of(data)
    }

    fn of(data: Box<dyn Disk>) -> Result<Self, DriverError> {
        let mut header = [0; HEADER_BYTES as usize];
        data.read_at(&mut header, 0).map_err(DriverError::io("reading a difference"))?;
        let (magic, rest) = header.split_at(MAGIC.len());
        let size = rest.get(1..).and_then(|rest| rest.first_chunk()).map(|size| u64::from_be_bytes(*size));
        match (magic == MAGIC, rest.first(), size) {
            (true, Some(whole @ (0 | 1)), Some(size_bytes)) => {
                Ok(Self { data, is_whole: *whole == 1, size_bytes })
            }
            _ => Err(DriverError::Refused("this is no difference".to_owned())),
        }
    }

    /// Whether it differs from nothing.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Writes it over `target`. What it is not told by its own hash is refused at the end.
    pub(crate) fn apply(&self, target: &dyn Disk, work: &Work) -> Result<(), DriverError> {
        let damaged = |why: &str| DriverError::Refused(format!("a difference is damaged: {why}"));
        if self.size_bytes > target.size_bytes() {
            return Err(damaged("it is larger than its disk"));
        }
        work.set_total(self.data.size_bytes());
        let mut reader = Reader { data: &*self.data, at: 0, hash: Sha256::new() };
        reader.take(&mut [0; HEADER_BYTES as usize])?;
        let (mut last, mut buffer) = (0, Vec::new());
        loop {
            let mut kind = [0];
            reader.take(&mut kind)?;
            if kind[0] == END {
                break;
            }
            let mut place = [0; (RECORD_BYTES - 1) as usize];
            reader.take(&mut place)?;
            let (offset, length) = place.split_at(8);
            let number = |bytes: &[u8]| bytes.first_chunk().map_or(0, |eight| u64::from_be_bytes(*eight));
            let (offset, length) = (number(offset), number(length));
            let end = offset.checked_add(length).filter(|end| *end <= self.size_bytes && offset >= last);
            last = end.ok_or_else(|| damaged("a stretch is outside"))?;
            let writing = |error| DriverError::io(format!("writing at {offset}"))(error);
            match kind[0] {
                DATA if length <= CHUNK_BYTES as u64 => {
                    buffer.resize(usize::try_from(length).unwrap_or(0), 0);
                    reader.take(&mut buffer)?;
                    target.write_at(&buffer, offset).map_err(writing)?;
                    work.advance(length)?;
                }
                ZEROS => target.zero_at(offset, length).map_err(writing)?,
                _ => return Err(damaged("a record of no known kind")),
            }
        }
        let sum = reader.hash.clone().finalize();
        let mut told = [0; 32];
        reader.take(&mut told)?;
        if sum[..] == told { Ok(()) } else { Err(damaged("its hash is another")) }
    }
}

struct Reader<'d> {
    data: &'d dyn Disk,
    at: u64,
    hash: Sha256,
}

impl Reader<'_> {
    fn take(&mut self, buffer: &mut [u8]) -> Result<(), DriverError> {
        self.data.read_at(buffer, self.at).map_err(DriverError::io("reading a difference"))?;
        self.at += buffer.len() as u64;
        self.hash.update(&*buffer);
        Ok(())
    }
}

/// Refuses a disk that is not, byte for byte, what was saved.
pub(crate) fn must_be(disk: &dyn Disk, sha256: Option<&str>) -> Result<(), DriverError> {
    let Some(told) = sha256 else { return Ok(()) };
    let found = measure(disk, None, &Work::new())?.sha256;
    if found == told {
        return Ok(());
    }
    Err(DriverError::Refused(format!("its hash is {found}, and that of the disk that was saved {told}")))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
