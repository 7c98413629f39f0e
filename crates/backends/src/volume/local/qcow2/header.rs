//! The header of a qcow2 file, as far as it decides whether the file may be handed to a program.
//!
//! A header can name other files of this host (a backing file, a data file), and a program that believes it reads
//! them. So we believe nothing: none of our files has either. Layout: QEMU, `docs/interop/qcow2.rst`, "Header".

use model::GIB;
use model::limits::MAX_SIZE_GIB;
use thiserror::Error;

/// How much of the start of a file is looked at, in bytes.
pub(super) const LEN: usize = 104;

const MAGIC: u32 = u32::from_be_bytes(*b"QFI\xfb");
/// Incompatible feature bits (version 3).
const CORRUPT: u64 = 1 << 1;
const EXTERNAL_DATA_FILE: u64 = 1 << 2;
/// Dirty reference counts, the two above, compression type, extended L2 entries.
const KNOWN_FEATURES: u64 = 0b1_1111;
const MAX_BYTES: u64 = MAX_SIZE_GIB * GIB;

/// What we want to know of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Size of the volume inside.
    pub(super) virtual_bytes: u64,
}

/// Why a file is not touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum Distrust {
    #[error("not a qcow2 file")]
    Foreign,
    #[error("qcow2 version {0} is not known")]
    Version(u32),
    #[error("the header names a backing file")]
    BackingFile,
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
        // The offset and the length of the name; QEMU ignores one without the other, we do not.
        if long(start, 8) != 0 || word(start, 16) != 0 {
            return Err(Distrust::BackingFile);
        }
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
            virtual_bytes => Ok(Self { virtual_bytes }),
        }
    }
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
