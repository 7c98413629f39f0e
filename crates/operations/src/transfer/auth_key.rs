//! The key that whoever accepts a volume has to know: told once, kept as a salted hash.

use hmac::{Hmac, Mac};
use model::Refusal;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// 64 random bits: 16 hexadecimal digits, which anybody can type (Cinder's `volume_transfer_key_length`).
const KEY_BYTES: usize = 8;
/// Size of the salt.
const SALT_BYTES: usize = 16;

/// A new key, and what is kept of it.
pub(super) struct Fresh {
    pub(super) key: String,
    pub(super) salt: String,
    pub(super) hash: String,
}

/// Draws a key.
pub(super) fn draw() -> Result<Fresh, Refusal> {
    let (key, salt) = (random::<KEY_BYTES>()?, random::<SALT_BYTES>()?);
    let hash = hash(&salt, &key);
    Ok(Fresh { key, salt, hash })
}

/// Whether `key` is the one of which `hash` was kept. How long it takes says nothing about how close it came.
pub(super) fn is(key: &str, salt: &str, kept: &str) -> bool {
    hash(salt, key).as_bytes().ct_eq(kept.as_bytes()).into()
}

fn random<const N: usize>() -> Result<String, Refusal> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|_| Refusal::Unavailable("The system has no random numbers; try again.".to_owned()))?;
    Ok(hex(&bytes))
}

/// HMAC-SHA-256 of the key under the salt: the key is random, so nothing slower is needed to keep it.
fn hash(salt: &str, key: &str) -> String {
    // A key of any length will do, so there is no error.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(salt.as_bytes()) else { return String::new() };
    mac.update(key.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_itself_is_the_key() {
        let (one, other) = (draw().unwrap(), draw().unwrap());
        assert_eq!(one.key.len(), 16);
        assert_ne!(one.key, other.key);
        assert!(is(&one.key, &one.salt, &one.hash));
        for wrong in [other.key.as_str(), "", &one.key[1..], &one.hash] {
            assert!(!is(wrong, &one.salt, &one.hash));
        }
        assert!(!is(&one.key, &other.salt, &one.hash));
    }
}
