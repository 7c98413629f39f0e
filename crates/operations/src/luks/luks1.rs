//! Version 1: a header of fixed fields with eight slots for passphrases.

use std::io;

use model::secret::Secret;

use super::fields::{Fields, push_text};
use super::key::{self, ITERATIONS, Made, SALT_BYTES, STRIPES};
use super::{KeySize, SECTOR_BYTES};

/// How much of the start of a volume the header takes: as much as cryptsetup leaves for it.
pub(super) const HEADER_BYTES: u64 = 2 << 20;
/// Bytes of the fields.
pub(super) const FIELDS_BYTES: usize = 592;

pub(super) const MAGIC: &[u8; 6] = b"LUKS\xba\xbe";
pub(super) const VERSION: u16 = 1;
/// Fixed lengths of fields.
const TEXT_BYTES: usize = 32;
const UUID_BYTES: usize = 40;
const DIGEST_BYTES: usize = 20;
const CIPHER: [&str; 3] = ["aes", "xts-plain64", "sha256"];

const SLOTS: u32 = 8;
const SLOT_IS_ACTIVE: u32 = 0x00AC_71F3;
const SLOT_IS_FREE: u32 = 0x0000_DEAD;
/// Slots begin at multiples of this many sectors; so many precede the first.
const SLOT_ALIGNMENT: u32 = 8;

/// Draws a key, and makes the header in which `passphrase` finds it. `uuid` names the container.
///
/// # Errors
/// The system has no random bytes.
pub(super) fn make(key_size: KeySize, passphrase: &Secret<String>, uuid: &str) -> io::Result<Made> {
    let (key, digest_salt, slot_salt) = (key::draw(key_size)?, key::salt()?, key::salt()?);
    let digest = key::digest(key.expose(), &digest_salt, ITERATIONS, DIGEST_BYTES)?;
    let mut bytes = fields(key_size, uuid, &digest, &digest_salt);
    let slot_sectors = slot_sectors(key_size);
    for slot in 0..SLOTS {
        let taken = slot == 0;
        bytes.extend((if taken { SLOT_IS_ACTIVE } else { SLOT_IS_FREE }).to_be_bytes());
        bytes.extend((if taken { ITERATIONS } else { 0 }).to_be_bytes());
        bytes.extend(if taken { slot_salt } else { [0; SALT_BYTES] });
        bytes.extend((SLOT_ALIGNMENT + slot * slot_sectors).to_be_bytes());
        bytes.extend(STRIPES.to_be_bytes());
    }
    bytes.resize(SLOT_ALIGNMENT as usize * SECTOR_BYTES, 0);
    let slot_key = key::hashed(passphrase, &slot_salt, ITERATIONS, key_size)?;
    bytes.extend(key::lock(&key, &slot_key)?);
    Ok(Made { bytes, cipher: key::cipher(&key)? })
}

/// Everything before the slots.
fn fields(key_size: KeySize, uuid: &str, digest: &[u8], digest_salt: &[u8; SALT_BYTES]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(SLOT_ALIGNMENT as usize * SECTOR_BYTES);
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_be_bytes());
    for text in CIPHER {
        push_text(&mut bytes, text, TEXT_BYTES);
    }
    bytes.extend(u32::try_from(HEADER_BYTES / SECTOR_BYTES as u64).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend(u32::try_from(key_size.bytes()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend(digest);
    bytes.extend(digest_salt);
    bytes.extend(ITERATIONS.to_be_bytes());
    push_text(&mut bytes, uuid, UUID_BYTES);
    bytes
}

const fn slot_sectors(key_size: KeySize) -> u32 {
    let sectors = (key::stripes_bytes(key_size) / SECTOR_BYTES) as u32;
    sectors.next_multiple_of(SLOT_ALIGNMENT)
}

/// A header that was read.
pub(super) struct Header {
    pub(super) key_size: KeySize,
    pub(super) content_at_bytes: u64,
    pub(super) digest: Vec<u8>,
    pub(super) digest_salt: Vec<u8>,
    pub(super) digest_iterations: u32,
    pub(super) slots: Vec<Slot>,
}

/// A passphrase's place.
pub(super) struct Slot {
    pub(super) iterations: u32,
    pub(super) salt: Vec<u8>,
    pub(super) at_bytes: u64,
}

/// Reads the fields of a header; none when it is damaged, or encrypted with what is not read here.
pub(super) fn parse(bytes: &[u8]) -> Option<Header> {
    let mut fields = Fields(bytes);
    let is_ours = fields.bytes(MAGIC.len())? == MAGIC && fields.u16()? == VERSION;
    for text in CIPHER {
        fields.text(TEXT_BYTES).filter(|found| is_ours && *found == text)?;
    }
    let content_at_bytes = u64::from(fields.u32()?) * SECTOR_BYTES as u64;
    let key_size = KeySize::of_bytes(fields.u32()?.into())?;
    let digest = fields.bytes(DIGEST_BYTES)?.to_vec();
    let digest_salt = fields.bytes(SALT_BYTES)?.to_vec();
    let digest_iterations = fields.u32()?;
    fields.bytes(UUID_BYTES)?;
    let mut slots = Vec::new();
    for _ in 0..SLOTS {
        let (active, iterations) = (fields.u32()? == SLOT_IS_ACTIVE, fields.u32()?);
        let salt = fields.bytes(SALT_BYTES)?.to_vec();
        let at_bytes = u64::from(fields.u32()?) * SECTOR_BYTES as u64;
        if active && fields.u32()? == STRIPES {
            slots.push(Slot { iterations, salt, at_bytes });
        } else if !active {
            fields.u32()?;
        }
    }
    Some(Header { key_size, content_at_bytes, digest, digest_salt, digest_iterations, slots })
}
