//! The key of a container, as both versions of the format keep it: spread over stripes that are encrypted with what a
//! passphrase is hashed to.

use std::io;

use model::secret::Secret;

use super::derive::{join, pbkdf2, split};
use super::xts::Xts;
use super::{KeySize, SECTOR_BYTES};

/// Over how many stripes.
pub(super) const STRIPES: u32 = 4000;
/// Bytes of a salt that is made here.
pub(super) const SALT_BYTES: usize = 32;
/// How often passphrases are hashed. They are random keys, which nobody guesses however fast that is.
pub(super) const ITERATIONS: u32 = 10_000;

/// A header with its key.
pub(super) struct Made {
    /// The first bytes of the volume; not more than the header may take.
    pub(super) bytes: Vec<u8>,
    /// What the content is to be encrypted with.
    pub(super) cipher: Xts,
}

/// A new key.
pub(super) fn draw(key_size: KeySize) -> io::Result<Secret<Vec<u8>>> {
    random(key_size.bytes()).map(Secret::new)
}

pub(super) fn salt() -> io::Result<[u8; SALT_BYTES]> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(no_random)?;
    Ok(salt)
}

/// The digest by which it is seen whether a key is the right one.
pub(super) fn digest(key: &[u8], salt: &[u8], iterations: u32, length: usize) -> io::Result<Vec<u8>> {
    let mut digest = vec![0; length];
    pbkdf2(key, salt, iterations, &mut digest).ok_or_else(unusable)?;
    Ok(digest)
}

/// What a passphrase is hashed to.
pub(super) fn hashed(
    passphrase: &Secret<String>,
    salt: &[u8],
    iterations: u32,
    key_size: KeySize,
) -> io::Result<Secret<Vec<u8>>> {
    let hashed = digest(passphrase.expose().as_bytes(), salt, iterations, key_size.bytes())?;
    Ok(Secret::new(hashed))
}

pub(super) fn cipher(key: &Secret<Vec<u8>>) -> io::Result<Xts> {
    Xts::new(key.expose()).ok_or_else(unusable)
}

/// How many bytes the stripes of a key take.
pub(super) const fn stripes_bytes(key_size: KeySize) -> usize {
    let bytes = key_size.bytes() * STRIPES as usize;
    bytes.next_multiple_of(SECTOR_BYTES)
}

/// The stripes of `key`, encrypted with `with`.
pub(super) fn lock(key: &Secret<Vec<u8>>, with: &Secret<Vec<u8>>) -> io::Result<Vec<u8>> {
    let mut stripes = random(key.expose().len() * STRIPES as usize)?;
    split(key.expose(), &mut stripes);
    cipher(with)?.encrypt(&mut stripes, 0);
    Ok(stripes)
}

/// The key whose encrypted stripes begin `locked`.
pub(super) fn unlock(
    mut locked: Vec<u8>,
    with: &Secret<Vec<u8>>,
    key_size: KeySize,
) -> io::Result<Secret<Vec<u8>>> {
    cipher(with)?.decrypt(&mut locked, 0);
    let stripes = Secret::new(locked);
    let length = key_size.bytes() * STRIPES as usize;
    Ok(Secret::new(join(&stripes.expose()[..length], key_size.bytes())))
}

fn random(bytes: usize) -> io::Result<Vec<u8>> {
    let mut drawn = vec![0; bytes];
    getrandom::fill(&mut drawn).map_err(no_random)?;
    Ok(drawn)
}

fn unusable() -> io::Error {
    io::Error::other("luks: a key of no usable length")
}

fn no_random(error: getrandom::Error) -> io::Error {
    io::Error::other(format!("luks: no random bytes: {error}"))
}
