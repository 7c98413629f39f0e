//! Version 2: a binary header and a JSON text about the slots, both twice.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::secret::Secret;
use ports::volume::Disk;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::fields::{Fields, push_text};
use super::key::{self, ITERATIONS, Made, STRIPES};
use super::luks2_json::Metadata;
use super::{CIPHER, KeySize, SECTOR_BYTES, luks1};

/// How much of the start of a volume the header takes: as much as cryptsetup leaves for it.
pub(super) const HEADER_BYTES: u64 = 16 << 20;
pub(super) const VERSION: u16 = 2;

const SECOND_MAGIC: &[u8; 6] = b"SKUL\xba\xbe";
/// One copy of both headers, and its binary part.
const COPY_BYTES: usize = 16 << 10;
const BINARY_BYTES: usize = 4096;
/// Where the slots begin.
const SLOTS_AT: u64 = 2 * COPY_BYTES as u64;
/// Fixed lengths of fields.
const LABEL_BYTES: usize = 48;
const ALGORITHM_BYTES: usize = 32;
const SALT_BYTES: usize = 64;
const UUID_BYTES: usize = 40;
const PADDING_BYTES: usize = 184;
const CHECKSUM_BYTES: usize = 64;
/// Where the checksum is, over everything else.
const CHECKSUM_AT: usize =
    6 + 2 + 8 + 8 + LABEL_BYTES + ALGORITHM_BYTES + SALT_BYTES + UUID_BYTES + LABEL_BYTES + 8 + PADDING_BYTES;
const HASH: &str = "sha256";
const HASH_BYTES: usize = 32;
/// What the areas of slots are aligned to.
const ALIGNMENT: usize = 4096;
/// The sizes that a copy may have: the second one begins behind the first.
const COPY_SIZES: [u64; 9] =
    [0x4000, 0x8000, 0x10000, 0x20000, 0x40000, 0x80000, 0x10_0000, 0x20_0000, 0x40_0000];

/// Draws a key, and makes the header in which `passphrase` finds it. `uuid` names the container.
///
/// # Errors
/// The system has no random bytes.
pub(super) fn make(key_size: KeySize, passphrase: &Secret<String>, uuid: &str) -> io::Result<Made> {
    let (key, digest_salt, slot_salt) = (key::draw(key_size)?, key::salt()?, key::salt()?);
    let digest = key::digest(key.expose(), &digest_salt, ITERATIONS, HASH_BYTES)?;
    let area_bytes = key::stripes_bytes(key_size).next_multiple_of(ALIGNMENT);
    let metadata = json!({
        "keyslots": {"0": {
            "type": "luks2",
            "key_size": key_size.bytes(),
            "af": {"type": "luks1", "stripes": STRIPES, "hash": HASH},
            "area": {
                "type": "raw",
                "offset": SLOTS_AT.to_string(),
                "size": area_bytes.to_string(),
                "encryption": CIPHER,
                "key_size": key_size.bytes(),
            },
            "kdf": {
                "type": "pbkdf2", "hash": HASH, "iterations": ITERATIONS, "salt": STANDARD.encode(slot_salt),
            },
        }},
        "tokens": {},
        "segments": {"0": {
            "type": "crypt",
            "offset": HEADER_BYTES.to_string(),
            "size": "dynamic",
            "iv_tweak": "0",
            "encryption": CIPHER,
            "sector_size": SECTOR_BYTES,
        }},
        "digests": {"0": {
            "type": "pbkdf2",
            "keyslots": ["0"],
            "segments": ["0"],
            "hash": HASH,
            "iterations": ITERATIONS,
            "salt": STANDARD.encode(digest_salt),
            "digest": STANDARD.encode(digest),
        }},
        "config": {
            "json_size": (COPY_BYTES - BINARY_BYTES).to_string(),
            "keyslots_size": (HEADER_BYTES - SLOTS_AT).to_string(),
        },
    });
    let text = metadata.to_string();
    let mut bytes = copy(luks1::MAGIC, 0, uuid, &text)?;
    bytes.extend(copy(SECOND_MAGIC, COPY_BYTES as u64, uuid, &text)?);
    let slot_key = key::hashed(passphrase, &slot_salt, ITERATIONS, key_size)?;
    bytes.extend(key::lock(&key, &slot_key)?);
    Ok(Made { bytes, cipher: key::cipher(&key)? })
}

/// One copy of the headers, which lies at `offset`.
fn copy(magic: &[u8], offset: u64, uuid: &str, text: &str) -> io::Result<Vec<u8>> {
    let mut salt = [0; SALT_BYTES];
    salt[..key::SALT_BYTES].copy_from_slice(&key::salt()?);
    salt[key::SALT_BYTES..].copy_from_slice(&key::salt()?);
    let mut bytes = Vec::with_capacity(COPY_BYTES);
    bytes.extend(magic);
    bytes.extend(VERSION.to_be_bytes());
    bytes.extend((COPY_BYTES as u64).to_be_bytes());
    bytes.extend(1_u64.to_be_bytes());
    push_text(&mut bytes, "", LABEL_BYTES);
    push_text(&mut bytes, HASH, ALGORITHM_BYTES);
    bytes.extend(salt);
    push_text(&mut bytes, uuid, UUID_BYTES);
    push_text(&mut bytes, "", LABEL_BYTES);
    bytes.extend(offset.to_be_bytes());
    bytes.resize(BINARY_BYTES, 0);
    bytes.extend(text.bytes());
    bytes.resize(COPY_BYTES, 0);
    let checksum = Sha256::digest(&bytes);
    bytes[CHECKSUM_AT..CHECKSUM_AT + HASH_BYTES].copy_from_slice(&checksum);
    Ok(bytes)
}

/// Reads what the first copy of the headers that is whole says of the slots; none when neither is.
///
/// # Errors
/// The disk's own.
pub(super) fn read(disk: &dyn Disk) -> io::Result<Option<Metadata>> {
    if let Some(found) = read_copy(disk, 0, luks1::MAGIC)? {
        return Ok(Some(found));
    }
    for offset in COPY_SIZES {
        if let Some(found) = read_copy(disk, offset, SECOND_MAGIC)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn read_copy(disk: &dyn Disk, offset: u64, magic: &[u8]) -> io::Result<Option<Metadata>> {
    let beyond = |length: u64| offset.checked_add(length).is_none_or(|end| end > disk.size_bytes());
    if beyond(BINARY_BYTES as u64) {
        return Ok(None);
    }
    let mut bytes = vec![0; BINARY_BYTES];
    disk.read_at(&mut bytes, offset)?;
    let Some(length) = copy_bytes(&bytes, magic).filter(|length| !beyond(*length)) else { return Ok(None) };
    bytes.resize(usize::try_from(length).unwrap_or(BINARY_BYTES), 0);
    disk.read_at(&mut bytes, offset)?;
    let found = bytes[CHECKSUM_AT..CHECKSUM_AT + HASH_BYTES].to_vec();
    bytes[CHECKSUM_AT..CHECKSUM_AT + CHECKSUM_BYTES].fill(0);
    if Sha256::digest(&bytes)[..] != found {
        return Ok(None);
    }
    let text = &bytes[BINARY_BYTES..];
    let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    Ok(serde_json::from_slice(&text[..end]).ok())
}

/// How long a copy of the headers is, by its binary part; none when it is none.
fn copy_bytes(binary: &[u8], magic: &[u8]) -> Option<u64> {
    let mut fields = Fields(binary);
    let is_ours = fields.bytes(magic.len())? == magic && fields.u16()? == VERSION;
    let length = fields.u64()?;
    fields.u64()?;
    fields.text(LABEL_BYTES)?;
    let is_known = fields.text(ALGORITHM_BYTES)? == HASH;
    (is_ours && is_known && COPY_SIZES.contains(&length)).then_some(length)
}
