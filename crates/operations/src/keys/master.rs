//! The master key: what seals all others.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use model::secret::Secret;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Size of the key.
const KEY_BYTES: usize = 32;
/// Size of the nonce: large enough to be drawn at random without ever coming twice.
const NONCE_BYTES: usize = 24;

/// A key that is kept beside the database and not in it.
#[derive(Debug, Clone)]
pub struct MasterKey(Secret<Vec<u8>>);

/// A text that is not a master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a master key is 64 hexadecimal digits, and this is not one")]
pub struct DamagedMasterKey;

/// What opens nothing: another key sealed it, or it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unopened;

impl MasterKey {
    /// A new one. None when the system has no random numbers.
    #[must_use]
    pub fn draw() -> Option<Self> {
        random(KEY_BYTES).map(Self)
    }

    /// Reads what [`MasterKey::to_text`] wrote.
    ///
    /// # Errors
    /// It is something else.
    pub fn from_text(text: &str) -> Result<Self, DamagedMasterKey> {
        let bytes = from_hex(text.trim()).filter(|bytes| bytes.len() == KEY_BYTES);
        bytes.map(|bytes| Self(Secret::new(bytes))).ok_or(DamagedMasterKey)
    }

    /// The key as a file keeps it.
    #[must_use]
    pub fn to_text(&self) -> Secret<String> {
        Secret::new(to_hex(self.0.expose()))
    }

    /// By which it is told from another, and which gives nothing of it away: SHA-256, in hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        to_hex(&Sha256::new().chain_update("besser master key").chain_update(self.0.expose()).finalize())
    }

    /// Seals `secret` together with what it is `about`, which stays readable and cannot be changed: nonce and seal.
    pub(super) fn seal(&self, secret: &[u8], about: &str) -> Option<(String, String)> {
        let nonce = random(NONCE_BYTES)?;
        let payload = Payload { msg: secret, aad: about.as_bytes() };
        let sealed = self.cipher()?.encrypt(XNonce::from_slice(nonce.expose()), payload).ok()?;
        Some((to_hex(nonce.expose()), to_hex(&sealed)))
    }

    /// Opens what [`MasterKey::seal`] sealed.
    pub(super) fn open(&self, nonce: &str, sealed: &str, about: &str) -> Result<Secret<Vec<u8>>, Unopened> {
        let nonce = from_hex(nonce).filter(|nonce| nonce.len() == NONCE_BYTES).ok_or(Unopened)?;
        let sealed = from_hex(sealed).ok_or(Unopened)?;
        let payload = Payload { msg: &sealed, aad: about.as_bytes() };
        let opened = self.cipher().ok_or(Unopened)?.decrypt(XNonce::from_slice(&nonce), payload);
        opened.map(Secret::new).map_err(|_| Unopened)
    }

    fn cipher(&self) -> Option<XChaCha20Poly1305> {
        XChaCha20Poly1305::new_from_slice(self.0.expose()).ok()
    }
}

/// Random bytes of the operating system.
pub(super) fn random(count: usize) -> Option<Secret<Vec<u8>>> {
    let mut bytes = vec![0; count];
    getrandom::fill(&mut bytes).ok()?;
    Some(Secret::new(bytes))
}

fn to_hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let halves = [byte >> 4, byte & 0xf];
        digits.extend(halves.iter().filter_map(|half| char::from_digit((*half).into(), 16)));
    }
    digits
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_is_opened_by_the_same_key_only() {
        let (key, other) = (MasterKey::draw().unwrap(), MasterKey::draw().unwrap());
        let (nonce, sealed) = key.seal(b"secret", "about").unwrap();
        assert_eq!(key.open(&nonce, &sealed, "about").unwrap().expose(), b"secret");
        assert_eq!(other.open(&nonce, &sealed, "about").err(), Some(Unopened));
        assert_eq!(key.open(&nonce, &sealed, "another").err(), Some(Unopened));
        let (another_nonce, another) = key.seal(b"secret", "about").unwrap();
        assert_ne!((&nonce, &sealed), (&another_nonce, &another));
        for damaged in ["", "0", "zz", &sealed[2..], &sealed.replace(&sealed[..2], "00")] {
            assert_eq!(key.open(&nonce, damaged, "about").err(), Some(Unopened), "{damaged}");
        }
        assert_eq!(key.open("00", &sealed, "about").err(), Some(Unopened));
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let key = MasterKey::draw().unwrap();
        let text = key.to_text();
        let again = MasterKey::from_text(&format!("{}\n", text.expose())).unwrap();
        assert_eq!(again.to_text().expose(), text.expose());
        for wrong in ["", "00", "not a key", &text.expose()[2..], &format!("{}00", text.expose())] {
            assert_eq!(MasterKey::from_text(wrong).err(), Some(DamagedMasterKey));
        }
        assert!(!format!("{key:?}").contains(text.expose().as_str()));
    }
}
