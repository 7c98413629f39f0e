//! Opening a container that somebody else may have made: of either version, with any passphrase of its slots.
//!
//! What is on a volume is its owner's: nothing of it may cost us much time or memory.

use std::io::{self, ErrorKind};
use std::sync::{Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params};
use model::secret::Secret;
use ports::volume::Disk;
use subtle::ConstantTimeEq;

use super::key::{self, STRIPES};
use super::luks2_json::{Kdf, KeyDigest, Keyslot, Metadata};
use super::{CIPHER, KeySize, luks1, luks2, xts::Xts};

/// Most rounds of a hash: what cryptsetup finds on a fast machine, several times over.
const MAX_ITERATIONS: u32 = 20_000_000;
/// Most of Argon2: what cryptsetup asks for at most.
const MAX_MEMORY_KIB: u32 = 1 << 20;
const MAX_TIME: u32 = 32;
const MAX_CPUS: u32 = 16;
/// Most slots that are tried.
const MAX_SLOTS: usize = 8;
const HASH: &str = "sha256";
/// Only one at a time may take the memory of Argon2.
static ARGON2: Mutex<()> = Mutex::new(());

/// The content of a container: where it begins, and what opens it.
pub(super) struct Opened {
    pub(super) at_bytes: u64,
    pub(super) cipher: Xts,
}

/// Opens the container on `disk`; none when nothing was ever written there.
///
/// # Errors
/// [`ErrorKind::InvalidData`] when there is something else, [`ErrorKind::PermissionDenied`] when the passphrase opens
/// nothing of it; the disk's own.
pub(super) fn open(disk: &dyn Disk, passphrase: &Secret<String>) -> io::Result<Option<Opened>> {
    let mut start = vec![0; luks1::FIELDS_BYTES];
    if disk.size_bytes() < start.len() as u64 {
        return Err(invalid("is too small to be a LUKS container"));
    }
    disk.read_at(&mut start, 0)?;
    if start.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let version = u16::from_be_bytes([start[luks1::MAGIC.len()], start[luks1::MAGIC.len() + 1]]);
    let opened = match (start.starts_with(luks1::MAGIC), version) {
        (true, luks1::VERSION) => open1(disk, &start, passphrase)?,
        (true, luks2::VERSION) => open2(disk, passphrase)?,
        _ => return Err(invalid("is no LUKS container")),
    };
    if opened.at_bytes >= disk.size_bytes() {
        return Err(invalid("ends before its content begins"));
    }
    Ok(Some(opened))
}

fn open1(disk: &dyn Disk, start: &[u8], passphrase: &Secret<String>) -> io::Result<Opened> {
    let header = luks1::parse(start).ok_or_else(unknown)?;
    let (digest, salt, rounds) = (&header.digest, &header.digest_salt, header.digest_iterations);
    for slot in &header.slots {
        within(slot.iterations, MAX_ITERATIONS)?;
        let slot_key = key::hashed(passphrase, &slot.salt, slot.iterations, header.key_size)?;
        let key = unlocked(disk, slot.at_bytes, &slot_key, header.key_size)?;
        if is_right(&key, digest, salt, rounds)? {
            return Ok(Opened { at_bytes: header.content_at_bytes, cipher: key::cipher(&key)? });
        }
    }
    Err(wrong_passphrase())
}

fn open2(disk: &dyn Disk, passphrase: &Secret<String>) -> io::Result<Opened> {
    let metadata = luks2::read(disk)?.ok_or_else(|| invalid("has a damaged LUKS header"))?;
    let (at_bytes, sector_bytes) = content_at(&metadata).ok_or_else(unknown)?;
    for (name, slot) in metadata.keyslots.iter().take(MAX_SLOTS) {
        let Some(digest) = metadata.digests.values().find(|digest| digest.keyslots.contains(name)) else {
            continue;
        };
        if let Some(cipher) = try_slot(disk, slot, digest, passphrase)? {
            let cipher = cipher.of_sectors(sector_bytes).ok_or_else(unknown)?;
            return Ok(Opened { at_bytes, cipher });
        }
    }
    Err(wrong_passphrase())
}

/// Where the one segment begins, and how long its sectors are; none when it is not of the kind that is read here.
fn content_at(metadata: &Metadata) -> Option<(u64, u64)> {
    let mut segments = metadata.segments.values();
    let segment = segments.next().filter(|_| segments.next().is_none())?;
    let is_ours = segment.kind == "crypt"
        && segment.encryption == CIPHER
        && segment.iv_tweak.is_none_or(|tweak| tweak.0 == 0);
    is_ours.then_some((segment.offset.0, segment.sector_size))
}

fn try_slot(
    disk: &dyn Disk,
    slot: &Keyslot,
    digest: &KeyDigest,
    passphrase: &Secret<String>,
) -> io::Result<Option<Xts>> {
    let is_ours = slot.af.stripes == STRIPES
        && slot.af.hash == HASH
        && slot.area.encryption == CIPHER
        && slot.area.key_size == slot.key_size
        && digest.hash == HASH;
    let key_size = KeySize::of_bytes(slot.key_size).filter(|_| is_ours).ok_or_else(unknown)?;
    let slot_key = hashed(&slot.kdf, passphrase, key_size)?;
    let key = unlocked(disk, slot.area.offset.0, &slot_key, key_size)?;
    match is_right(&key, &digest.digest.0, &digest.salt.0, digest.iterations)? {
        true => key::cipher(&key).map(Some),
        false => Ok(None),
    }
}

fn hashed(kdf: &Kdf, passphrase: &Secret<String>, key_size: KeySize) -> io::Result<Secret<Vec<u8>>> {
    let (algorithm, costs) = match kdf {
        Kdf::Pbkdf2 { hash, iterations, salt } => {
            if hash != HASH {
                return Err(unknown());
            }
            within(*iterations, MAX_ITERATIONS)?;
            return key::hashed(passphrase, &salt.0, *iterations, key_size);
        }
        Kdf::Argon2i(costs) => (Algorithm::Argon2i, costs),
        Kdf::Argon2id(costs) => (Algorithm::Argon2id, costs),
    };
    within(costs.memory_kib, MAX_MEMORY_KIB)?;
    within(costs.time, MAX_TIME)?;
    within(costs.cpus, MAX_CPUS)?;
    let unusable = |error: argon2::Error| io::Error::new(ErrorKind::InvalidData, error.to_string());
    let params = Params::new(costs.memory_kib, costs.time, costs.cpus, Some(key_size.bytes()));
    let argon2 = Argon2::new(algorithm, argon2::Version::V0x13, params.map_err(unusable)?);
    let mut hashed = vec![0; key_size.bytes()];
    let _alone = ARGON2.lock().unwrap_or_else(PoisonError::into_inner);
    argon2
        .hash_password_into(passphrase.expose().as_bytes(), &costs.salt.0, &mut hashed)
        .map_err(unusable)?;
    Ok(Secret::new(hashed))
}

/// The key that a slot at `at_bytes` keeps, if `slot_key` is right.
fn unlocked(
    disk: &dyn Disk,
    at_bytes: u64,
    slot_key: &Secret<Vec<u8>>,
    key_size: KeySize,
) -> io::Result<Secret<Vec<u8>>> {
    let mut locked = vec![0; key::stripes_bytes(key_size)];
    let end = at_bytes.checked_add(locked.len() as u64);
    if end.is_none_or(|end| end > disk.size_bytes()) {
        return Err(invalid("has a damaged LUKS header"));
    }
    disk.read_at(&mut locked, at_bytes)?;
    key::unlock(locked, slot_key, key_size)
}

fn is_right(key: &Secret<Vec<u8>>, digest: &[u8], salt: &[u8], iterations: u32) -> io::Result<bool> {
    within(iterations, MAX_ITERATIONS)?;
    let most = digest.len().min(64);
    let found = key::digest(key.expose(), salt, iterations, most)?;
    Ok(most >= 20 && bool::from(found.ct_eq(&digest[..most])))
}

fn within(found: u32, most: u32) -> io::Result<()> {
    match found <= most {
        true => Ok(()),
        false => Err(invalid("asks for more work to open it than is done")),
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("what is in the volume {what}"))
}

fn unknown() -> io::Error {
    invalid("is a LUKS container of a kind that is not read here")
}

fn wrong_passphrase() -> io::Error {
    io::Error::new(ErrorKind::PermissionDenied, "the key of the volume does not open the container in it")
}
