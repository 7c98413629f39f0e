//! LUKS, read and written by ourselves: the format in which Nova expects the content of an encrypted volume.
//!
//! Version 1: "LUKS On-Disk Format Specification", version 1.2.3,
//! <https://gitlab.com/cryptsetup/cryptsetup/-/wikis/LUKS-standard/on-disk-format.pdf>. Version 2: "LUKS2 On-Disk Format
//! Specification", version 1.1.3, <https://gitlab.com/cryptsetup/LUKS2-docs>. It is a layer over whatever disk a driver
//! opens, in our own process: no secret is handed to a program or written to a file, and what reaches the storage is
//! encrypted already.

mod derive;
mod disk;
mod fields;
mod key;
mod luks1;
mod luks2;
mod luks2_json;
mod open;
mod xts;

pub(crate) use disk::{Dense, LuksDisk};

use model::encryption::{ControlLocation, Encryption};
use model::secret::Secret;

/// The only cipher, in the words of dm-crypt.
const CIPHER: &str = "aes-xts-plain64";
/// What can be done, for refusals.
pub(crate) const WHAT_IS: &str =
    "encrypted by the front-end as luks or luks2 with aes-xts-plain64 and a key of 256 or 512 bits";
/// The unit of the cipher and of the header's offsets.
const SECTOR_BYTES: usize = 512;

/// What container a volume gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Container {
    version: Version,
    key_size: KeySize,
}

/// The version of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// How large the key is that the content is encrypted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeySize {
    /// Two keys of AES-128.
    Bits256,
    /// Two keys of AES-256.
    Bits512,
}

/// A container, and what opens it.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) container: Container,
    pub(crate) passphrase: Secret<String>,
}

impl Container {
    /// What `encryption` asks for; none when it is something that is not done here.
    pub(crate) fn of(encryption: &Encryption) -> Option<Self> {
        let version = match encryption.format() {
            "luks" | "luks1" => Version::One,
            "luks2" => Version::Two,
            _ => return None,
        };
        let is_ours = encryption.cipher.as_deref() == Some(CIPHER)
            && encryption.control_location == ControlLocation::FrontEnd;
        let key_size = match encryption.key_size_bits {
            Some(256) if is_ours => KeySize::Bits256,
            Some(512) if is_ours => KeySize::Bits512,
            _ => return None,
        };
        Some(Self { version, key_size })
    }

    /// How much of the start of a volume the header takes: as much as cryptsetup leaves for it.
    pub(crate) const fn header_bytes(self) -> u64 {
        match self.version {
            Version::One => luks1::HEADER_BYTES,
            Version::Two => luks2::HEADER_BYTES,
        }
    }
}

impl KeySize {
    const fn bytes(self) -> usize {
        match self {
            Self::Bits256 => 32,
            Self::Bits512 => 64,
        }
    }

    const fn of_bytes(bytes: u64) -> Option<Self> {
        match bytes {
            32 => Some(Self::Bits256),
            64 => Some(Self::Bits512),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
