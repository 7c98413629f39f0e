//! The header: what the content is encrypted with, and the key of that, encrypted with the passphrase.

use std::io;

use model::secret::Secret;

use super::derive::{pbkdf2, split};
use super::xts::Xts;
use super::{KeySize, SECTOR_BYTES};

/// How much of the start of a volume the header takes: as much as cryptsetup leaves for it.
pub(crate) const HEADER_BYTES: u64 = 2 << 20;

const MAGIC: &[u8; 6] = b"LUKS\xba\xbe";
const VERSION: u16 = 1;
/// Fixed lengths of fields.
const TEXT_BYTES: usize = 32;
const UUID_BYTES: usize = 40;
const SALT_BYTES: usize = 32;
const DIGEST_BYTES: usize = 20;

const SLOTS: u32 = 8;
const SLOT_IS_ACTIVE: u32 = 0x00AC_71F3;
const SLOT_IS_FREE: u32 = 0x0000_DEAD;
const STRIPES: u32 = 4000;
/// Slots begin at multiples of this many sectors; so many precede the first.
const SLOT_ALIGNMENT: u32 = 8;
/// How often passphrases are hashed. They are random keys, which nobody guesses however fast that is.
const ITERATIONS: u32 = 10_000;

/// A header with its key.
pub(super) struct Made {
    /// The first bytes of the volume; not more than [`HEADER_BYTES`].
    pub(super) bytes: Vec<u8>,
    /// What the content is to be encrypted with.
    pub(super) cipher: Xts,
}

/// Draws a key, and makes the header in which `passphrase` finds it. `uuid` names the container.
///
/// # Errors
/// The system has no random bytes.
pub(super) fn make(key_size: KeySize, passphrase: &Secret<String>, uuid: &str) -> io::Result<Made> {
    let mut key = vec![0; key_size.bytes()];
    getrandom::fill(&mut key).map_err(no_random)?;
    let key = Secret::new(key);
    let (digest_salt, slot_salt) = (salt()?, salt()?);
    let mut digest = [0; DIGEST_BYTES];
    pbkdf2(key.expose(), &digest_salt, ITERATIONS, &mut digest).ok_or_else(unusable)?;
    let mut slot_key = vec![0; key_size.bytes()];
    let hashed = pbkdf2(passphrase.expose().as_bytes(), &slot_salt, ITERATIONS, &mut slot_key);
    let slot_key = Secret::new(slot_key);
    hashed.ok_or_else(unusable)?;

    let slot_sectors = slot_sectors(key_size);
    let mut bytes = fields(key_size, uuid, &digest, &digest_salt);
    for slot in 0..SLOTS {
        let taken = slot == 0;
        bytes.extend((if taken { SLOT_IS_ACTIVE } else { SLOT_IS_FREE }).to_be_bytes());
        bytes.extend((if taken { ITERATIONS } else { 0 }).to_be_bytes());
        bytes.extend(if taken { slot_salt } else { [0; SALT_BYTES] });
        bytes.extend((SLOT_ALIGNMENT + slot * slot_sectors).to_be_bytes());
        bytes.extend(STRIPES.to_be_bytes());
    }
    bytes.resize(SLOT_ALIGNMENT as usize * SECTOR_BYTES, 0);
    let mut stripes = vec![0; key_size.bytes() * STRIPES as usize];
    getrandom::fill(&mut stripes).map_err(no_random)?;
    split(key.expose(), &mut stripes);
    Xts::new(slot_key.expose()).ok_or_else(unusable)?.encrypt(&mut stripes, 0);
    bytes.extend(stripes);
    Ok(Made { bytes, cipher: Xts::new(key.expose()).ok_or_else(unusable)? })
}

/// Everything before the slots.
fn fields(
    key_size: KeySize,
    uuid: &str,
    digest: &[u8; DIGEST_BYTES],
    digest_salt: &[u8; SALT_BYTES],
) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(SLOT_ALIGNMENT as usize * SECTOR_BYTES);
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_be_bytes());
    for text in ["aes", "xts-plain64", "sha256"] {
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

/// Appends a text that ends with a zero in a field of `length` bytes.
fn push_text(bytes: &mut Vec<u8>, text: &str, length: usize) {
    let end = bytes.len() + length;
    bytes.extend(text.bytes().take(length - 1));
    bytes.resize(end, 0);
}

const fn slot_sectors(key_size: KeySize) -> u32 {
    let sectors = (key_size.bytes() * STRIPES as usize).div_ceil(SECTOR_BYTES) as u32;
    sectors.next_multiple_of(SLOT_ALIGNMENT)
}

fn salt() -> io::Result<[u8; SALT_BYTES]> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(no_random)?;
    Ok(salt)
}

fn unusable() -> io::Error {
    io::Error::other("luks: a key of no usable length")
}

fn no_random(error: getrandom::Error) -> io::Error {
    io::Error::other(format!("luks: no random bytes: {error}"))
}
