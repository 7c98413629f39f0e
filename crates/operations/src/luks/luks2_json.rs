//! What the JSON text of version 2 says, as much of it as is needed to open a container.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// All of it.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    pub(super) keyslots: BTreeMap<String, Keyslot>,
    pub(super) segments: BTreeMap<String, Segment>,
    pub(super) digests: BTreeMap<String, KeyDigest>,
}

/// A passphrase's place.
#[derive(Debug, Deserialize)]
pub(super) struct Keyslot {
    pub(super) key_size: u64,
    pub(super) af: Splitter,
    pub(super) area: Area,
    pub(super) kdf: Kdf,
}

/// How the key is spread.
#[derive(Debug, Deserialize)]
pub(super) struct Splitter {
    pub(super) stripes: u32,
    pub(super) hash: String,
}

/// Where the stripes are, and what they are encrypted with.
#[derive(Debug, Deserialize)]
pub(super) struct Area {
    pub(super) offset: Number,
    pub(super) encryption: String,
    pub(super) key_size: u64,
}

/// How a passphrase is hashed.
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
pub(super) enum Kdf {
    #[serde(rename = "pbkdf2")]
    Pbkdf2 { hash: String, iterations: u32, salt: Base64 },
    #[serde(rename = "argon2i")]
    Argon2i(Argon2),
    #[serde(rename = "argon2id")]
    Argon2id(Argon2),
}

/// What Argon2 is to cost.
#[derive(Debug, Deserialize)]
pub(super) struct Argon2 {
    pub(super) time: u32,
    #[serde(rename = "memory")]
    pub(super) memory_kib: u32,
    pub(super) cpus: u32,
    pub(super) salt: Base64,
}

/// Where the content is, and what it is encrypted with.
#[derive(Debug, Deserialize)]
pub(super) struct Segment {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) offset: Number,
    #[serde(default)]
    pub(super) iv_tweak: Option<Number>,
    #[serde(default)]
    pub(super) encryption: String,
    #[serde(default)]
    pub(super) sector_size: u64,
}

/// By what it is seen whether a key is the right one.
#[derive(Debug, Deserialize)]
pub(super) struct KeyDigest {
    pub(super) keyslots: Vec<String>,
    pub(super) hash: String,
    pub(super) iterations: u32,
    pub(super) salt: Base64,
    pub(super) digest: Base64,
}

/// A number in a text: JSON's own are not large enough.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Number(pub(super) u64);

impl TryFrom<String> for Number {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

/// Bytes in a text.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Base64(pub(super) Vec<u8>);

impl TryFrom<String> for Base64 {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        STANDARD.decode(text).map(Self)
    }
}
