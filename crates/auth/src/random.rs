//! Ids, passwords and secrets drawn from the operating system's random source.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Secret;
use crate::secret::Wipe;

/// The operating system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no random bytes from the operating system: {0}")]
pub struct NoEntropy(getrandom::Error);

/// Letters and digits that are hard to confuse; 32 of them, so that five random bits choose one evenly.
const PASSWORD_ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// 26 symbols of five bits: 130 bits.
const PASSWORD_CHARS: usize = 26;
/// As many bytes as Keystone draws for the secret of an application credential.
const SECRET_BYTES: usize = 64;

/// `N` random bytes.
pub fn bytes<const N: usize>() -> Result<[u8; N], NoEntropy> {
    let mut drawn = [0; N];
    getrandom::fill(&mut drawn).map_err(NoEntropy)?;
    Ok(drawn)
}

/// An id as Keystone writes them: 32 lower-case hexadecimal digits.
pub fn id() -> Result<String, NoEntropy> {
    Ok(format!("{:032x}", u128::from_be_bytes(bytes()?)))
}

/// A password of 26 letters and digits (130 bits), safe to type and to put on a command line.
pub fn password() -> Result<Secret<String>, NoEntropy> {
    let mut drawn: [u8; PASSWORD_CHARS] = bytes()?;
    let symbols = drawn.iter().map(|byte| char::from(PASSWORD_ALPHABET[usize::from(byte % 32)]));
    let password = Secret::new(symbols.collect());
    drawn.wipe();
    Ok(password)
}

/// A secret for machines: 64 random bytes as 86 characters of URL-safe base64.
pub fn secret() -> Result<Secret<String>, NoEntropy> {
    let mut drawn: [u8; SECRET_BYTES] = bytes()?;
    let secret = Secret::new(URL_SAFE_NO_PAD.encode(drawn));
    drawn.wipe();
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_32_hexadecimal_digits_and_differ() {
        let ids: HashSet<String> = (0..1000).map(|_| id().unwrap()).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            assert_eq!(id.len(), 32);
            assert!(id.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')));
        }
    }

    #[test]
    fn passwords_use_the_whole_alphabet_and_nothing_else() {
        let all: String = (0..200).map(|_| password().unwrap().expose().clone()).collect();
        assert_eq!(all.len(), 200 * PASSWORD_CHARS);
        let used: HashSet<u8> = all.bytes().collect();
        assert_eq!(used, PASSWORD_ALPHABET.iter().copied().collect());
        assert_eq!(used.len(), 32, "the alphabet has no symbol twice");
    }

    #[test]
    fn secrets_are_86_url_safe_characters() {
        let secret = secret().unwrap();
        assert_eq!(secret.expose().len(), 86);
        assert_eq!(URL_SAFE_NO_PAD.decode(secret.expose()).unwrap().len(), SECRET_BYTES);
    }
}
