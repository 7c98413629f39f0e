//! The header of a qcow2 file, as far as it decides whether the file may be handed to a program.
//!
//! A header can name other files of this host (a backing file, a data file), and a program that believes it reads
//! them. So we believe nothing: none of our files has a data file, and a backing file only where it is one of our bases
//! and the one that was noted. Layout: QEMU, `docs/interop/qcow2.rst`, "Header" and "Header extensions".

use model::GIB;
use model::limits::MAX_SIZE_GIB;
use thiserror::Error;

/// How much of the start of a file is looked at, in bytes.
pub(super) const LEN: usize = 4096;

const MAGIC: u32 = u32::from_be_bytes(*b"QFI\xfb");
/// Incompatible feature bits (version 3).
const CORRUPT: u64 = 1 << 1;
const EXTERNAL_DATA_FILE: u64 = 1 << 2;
/// Dirty reference counts, the two above, compression type, extended L2 entries.
const KNOWN_FEATURES: u64 = 0b1_1111;
/// Length of the header in version 2, and the least in version 3.
const V2_LEN: usize = 72;
const V3_LEN: usize = 104;
/// The header extension that says in which format the backing file is.
const BACKING_FORMAT: u32 = 0xe279_2aca;
/// Most bytes of the name of a backing file (QEMU's own limit).
const MAX_NAME_BYTES: usize = 1023;
/// Most header extensions that are looked at.
const MAX_EXTENSIONS: usize = 16;
const MAX_BYTES: u64 = MAX_SIZE_GIB * GIB;

/// What we want to know of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// Size of the volume inside.
    pub(super) virtual_bytes: u64,
    /// The backing file that it names.
    pub(super) backing: Option<Backing>,
}

/// A backing file as a header names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Backing {
    pub(super) name: String,
    /// What it is to be read as; without it, QEMU would guess.
    pub(super) format: Option<String>,
}

/// Why a file is not touched.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Distrust {
    #[error("not a qcow2 file")]
    Foreign,
    #[error("qcow2 version {0} is not known")]
    Version(u32),
    #[error("the header names a backing file")]
    BackingFile,
    #[error("the header names {0} as its backing file, which was not noted when it was made")]
    OtherBase(String),
    #[error("the header names an external data file")]
    DataFile,
    #[error("the content is encrypted")]
    Encrypted,
    #[error("marked as corrupt")]
    Corrupt,
    #[error("incompatible features {0:#x} are not known")]
    Features(u64),
    #[error("clusters of 2^{0} bytes are not allowed")]
    Clusters(u32),
    #[error("{0} bytes are not the size of a volume")]
    Size(u64),
}

impl Header {
    pub(super) fn read(start: &[u8; LEN]) -> Result<Self, Distrust> {
        if word(start, 0) != MAGIC {
            return Err(Distrust::Foreign);
        }
        let features = match word(start, 4) {
            2 => 0,
            3 => long(start, 72),
            version => return Err(Distrust::Version(version)),
        };
        match features {
            bits if bits & EXTERNAL_DATA_FILE != 0 => return Err(Distrust::DataFile),
            bits if bits & CORRUPT != 0 => return Err(Distrust::Corrupt),
            bits if bits & !KNOWN_FEATURES != 0 => return Err(Distrust::Features(bits & !KNOWN_FEATURES)),
            _ => {}
        }
        let backing = backing(start)?;
        match word(start, 20) {
            9..=21 => {}
            bits => return Err(Distrust::Clusters(bits)),
        }
        if word(start, 32) != 0 {
            return Err(Distrust::Encrypted);
        }
        match long(start, 24) {
            0 => Err(Distrust::Size(0)),
            bytes if bytes > MAX_BYTES || !bytes.is_multiple_of(512) => Err(Distrust::Size(bytes)),
            virtual_bytes => Ok(Self { virtual_bytes, backing }),
        }
    }
}

/// The offset and the length of the name; QEMU ignores one without the other, we do not.
fn backing(start: &[u8; LEN]) -> Result<Option<Backing>, Distrust> {
    let (offset, length) = (long(start, 8), word(start, 16));
    if (offset, length) == (0, 0) {
        return Ok(None);
    }
    let name = usize::try_from(offset).ok().zip(usize::try_from(length).ok());
    let name = name.filter(|(offset, length)| *offset >= V2_LEN && (1..=MAX_NAME_BYTES).contains(length));
    let name = name.and_then(|(offset, length)| start.get(offset..offset.checked_add(length)?));
    let name = name.and_then(|name| std::str::from_utf8(name).ok()).ok_or(Distrust::BackingFile)?;
    Ok(Some(Backing { name: name.to_owned(), format: backing_format(start) }))
}

fn backing_format(start: &[u8; LEN]) -> Option<String> {
    let mut at =
        if word(start, 4) == 2 { V2_LEN } else { usize::try_from(word(start, 100)).ok()?.max(V3_LEN) };
    for _ in 0..MAX_EXTENSIONS {
        let (kind, length) = (word(start, at), usize::try_from(word(start, at.checked_add(4)?)).ok()?);
        let data = at.checked_add(8)?;
        match kind {
            0 => return None,
            BACKING_FORMAT => {
                let bytes = start.get(data..data.checked_add(length)?)?;
                return std::str::from_utf8(bytes).ok().map(str::to_owned);
            }
            _ => at = data.checked_add(length.checked_next_multiple_of(8)?)?,
        }
    }
    None
}

/// The big-endian 32-bit number at `offset`; zero past the end.
fn word(bytes: &[u8], offset: usize) -> u32 {
    bytes.get(offset..).and_then(|rest| rest.first_chunk()).map_or(0, |four| u32::from_be_bytes(*four))
}

/// The big-endian 64-bit number at `offset`; zero past the end.
fn long(bytes: &[u8], offset: usize) -> u64 {
    bytes.get(offset..).and_then(|rest| rest.first_chunk()).map_or(0, |eight| u64::from_be_bytes(*eight))
}

#[cfg(test)]
mod tests;
