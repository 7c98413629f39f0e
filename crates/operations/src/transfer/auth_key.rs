//! The key that whoever accepts a volume has to know: told once, kept as a salted hash.

use hmac::{Hmac, Mac};
use model::Refusal;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::TransferDigits;

/// A new key, and what is kept of it.
pub(super) struct Fresh {
    pub(super) key: String,
    pub(super) salt: String,
    pub(super) hash: String,
}

/// Draws a key of hexadecimal digits, which anybody can type.
pub(super) fn draw(digits: TransferDigits) -> Result<Fresh, Refusal> {
    let (key, salt) = (random(digits.key)?, random(digits.salt)?);
    let hash = hash(&salt, &key);
    Ok(Fresh { key, salt, hash })
}

/// Whether `key` is the one of which `hash` was kept. How long it takes says nothing about how close it came.
pub(super) fn is(key: &str, salt: &str, kept: &str) -> bool {
    hash(salt, key).as_bytes().ct_eq(kept.as_bytes()).into()
}

fn random(digits: usize) -> Result<String, Refusal> {
    let mut bytes = vec![0; digits.div_ceil(2)];
    getrandom::fill(&mut bytes)
        .map_err(|_| Refusal::Unavailable("The system has no random numbers; try again.".to_owned()))?;
    let mut text = hex(&bytes);
    text.truncate(digits);
    Ok(text)
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
        let (one, other) =
            (draw(TransferDigits::default()).unwrap(), draw(TransferDigits::default()).unwrap());
        assert_eq!((one.key.len(), one.salt.len()), (16, 8));
        assert_ne!(one.key, other.key);
        assert!(is(&one.key, &one.salt, &one.hash));
        for wrong in [other.key.as_str(), "", &one.key[1..], &one.hash] {
            assert!(!is(wrong, &one.salt, &one.hash));
        }
        assert!(!is(&one.key, &other.salt, &one.hash));
    }

    #[test]
    fn they_are_as_long_as_was_asked() {
        for (key, salt) in [(1, 2), (7, 1), (255, 255)] {
            let fresh = draw(TransferDigits { key, salt }).unwrap();
            assert_eq!((fresh.key.len(), fresh.salt.len()), (key, salt));
            assert!(is(&fresh.key, &fresh.salt, &fresh.hash));
        }
    }
}
