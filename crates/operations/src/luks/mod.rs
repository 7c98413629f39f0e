//! LUKS version 1, written by ourselves: the format in which Nova expects the content of an encrypted volume.
//!
//! The format: "LUKS On-Disk Format Specification", version 1.2.3,
//! <https://gitlab.com/cryptsetup/cryptsetup/-/wikis/LUKS-standard/on-disk-format.pdf>. It is a layer over whatever
//! disk a driver opens, in our own process: no secret is handed to a program or written to a file, and what reaches
//! the storage is encrypted already.

mod derive;
mod disk;
mod header;
mod xts;

pub(crate) use disk::{Dense, LuksDisk};
pub(crate) use header::HEADER_BYTES;

use model::encryption::{ControlLocation, Encryption};

/// The only cipher, in the words of dm-crypt.
const CIPHER: &str = "aes-xts-plain64";
/// What can be done, for refusals.
pub(crate) const WHAT_IS: &str =
    "encrypted by the front-end as luks with aes-xts-plain64 and a key of 256 or 512 bits";
/// The unit of the cipher and of the header's offsets.
const SECTOR_BYTES: usize = 512;

/// How large the key is that the content is encrypted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeySize {
    /// Two keys of AES-128.
    Bits256,
    /// Two keys of AES-256.
    Bits512,
}

impl KeySize {
    /// What `encryption` asks for; none when it is something that is not done here.
    pub(crate) fn of(encryption: &Encryption) -> Option<Self> {
        let luks = encryption.format() == "luks" && encryption.cipher.as_deref() == Some(CIPHER);
        match encryption.key_size_bits {
            _ if !luks || encryption.control_location != ControlLocation::FrontEnd => None,
            Some(256) => Some(Self::Bits256),
            Some(512) => Some(Self::Bits512),
            _ => None,
        }
    }

    const fn bytes(self) -> usize {
        match self {
            Self::Bits256 => 32,
            Self::Bits512 => 64,
        }
    }
}

#[cfg(test)]
mod tests;
