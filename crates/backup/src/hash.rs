//! Hashes, and their hexadecimal form in documents.

use std::fmt;

use md5::{Digest as _, Md5};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// A hash of `N` bytes; 64 or 32 hexadecimal digits in a document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hash<const N: usize>(pub(crate) [u8; N]);

/// The hash of a block.
pub(crate) type Sha256Hash = Hash<32>;
/// The hash of an object.
pub(crate) type Md5Hash = Hash<16>;

pub(crate) fn sha256(bytes: &[u8]) -> Sha256Hash {
    Hash(Sha256::digest(bytes).into())
}

pub(crate) fn md5(bytes: &[u8]) -> Md5Hash {
    Hash(Md5::digest(bytes).into())
}

impl<const N: usize> fmt::Display for Hash<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<const N: usize> fmt::Debug for Hash<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> Serialize for Hash<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hash<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits<const N: usize>;
        impl<const N: usize> Visitor<'_> for Digits<N> {
            type Value = Hash<N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} hexadecimal digits", 2 * N)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Hash<N>, E> {
                parse(text.as_bytes()).map(Hash).ok_or_else(|| E::custom("no hash"))
            }
        }
        deserializer.deserialize_str(Digits)
    }
}

fn parse<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if digits.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_text_has_its_well_known_hashes() {
        assert_eq!(md5(b"").to_string(), "d41d8cd98f00b204e9800998ecf8427e");
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b"").to_string(), empty);
        let read: Sha256Hash = serde_json::from_value(serde_json::json!(empty)).unwrap();
        assert_eq!(read, sha256(b""));
        for odd in ["", "zz", &empty[1..], &format!("{empty}00"), &empty.replace('e', "g")] {
            assert!(serde_json::from_value::<Sha256Hash>(serde_json::json!(odd)).is_err(), "{odd}");
        }
    }
}
