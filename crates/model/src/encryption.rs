//! Encryption of volume types: how the compute service encrypts what it writes to their volumes.

use serde::{Deserialize, Serialize};

use crate::{EncryptionId, Timestamp, words};

words! {
    /// Who encrypts.
    ControlLocation {
        /// The compute service.
        FrontEnd = "front-end",
        /// The storage.
        BackEnd = "back-end",
    }
}

/// Largest key that is made, in bits.
pub const MAX_KEY_BITS: u64 = 4096;

/// How the volumes of a type are encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encryption {
    /// Identifier.
    pub id: EncryptionId,
    /// The format (`luks`, `plain`), or a class path by which it was called of old.
    pub provider: String,
    /// Algorithm and mode: `aes-xts-plain64`.
    pub cipher: Option<String>,
    /// Size of the key, in bits.
    pub key_size_bits: Option<u64>,
    /// Who encrypts.
    pub control_location: ControlLocation,
    /// When it was set.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
}

impl Encryption {
    /// The algorithm and the bits of the keys that it needs; none when it does not say, or nobody could make them.
    #[must_use]
    pub fn key(&self) -> Option<(&str, u64)> {
        let algorithm = self.cipher.as_deref()?.split('-').next().filter(|name| !name.is_empty())?;
        let makeable = |bits: &u64| *bits > 0 && *bits <= MAX_KEY_BITS && bits.is_multiple_of(8);
        Some((algorithm, self.key_size_bits.filter(makeable)?))
    }

    /// The format, whatever it was called of old.
    #[must_use]
    pub fn format(&self) -> &str {
        format_of(&self.provider)
    }
}

/// The format that a provider stands for, whatever it was called of old.
#[must_use]
pub fn format_of(provider: &str) -> &str {
    match provider.rsplit('.').next() {
        Some("LuksEncryptor") => "luks",
        Some("CryptsetupEncryptor") => "plain",
        Some("NoOpEncryptor") => "no-op",
        _ => provider,
    }
}

/// Whether what is written under `old` cannot be read under `new`.
#[must_use]
pub fn differs(old: Option<&Encryption>, new: Option<&Encryption>) -> bool {
    let said =
        |it: &Encryption| (it.provider.clone(), it.cipher.clone(), it.key_size_bits, it.control_location);
    old.map(said) != new.map(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encryption(provider: &str, cipher: Option<&str>, bits: Option<u64>) -> Encryption {
        Encryption {
            id: EncryptionId::random(),
            provider: provider.to_owned(),
            cipher: cipher.map(str::to_owned),
            key_size_bits: bits,
            control_location: ControlLocation::FrontEnd,
            created_at: Timestamp(0),
            updated_at: None,
        }
    }

    #[test]
    fn keys_that_can_be_made() {
        let key =
            |cipher, bits| encryption("luks", cipher, bits).key().map(|(name, bits)| (name.to_owned(), bits));
        assert_eq!(key(Some("aes-xts-plain64"), Some(256)), Some(("aes".to_owned(), 256)));
        assert_eq!(key(Some("serpent"), Some(4096)), Some(("serpent".to_owned(), 4096)));
        for (cipher, bits) in [
            (None, Some(256)),
            (Some(""), Some(256)),
            (Some("-xts"), Some(256)),
            (Some("aes"), None),
            (Some("aes"), Some(0)),
            (Some("aes"), Some(9)),
            (Some("aes"), Some(4104)),
        ] {
            assert_eq!(key(cipher, bits), None, "{cipher:?} {bits:?}");
        }
    }

    #[test]
    fn formats_of_old_have_names() {
        for (provider, format) in [
            ("luks", "luks"),
            ("nova.volume.encryptors.luks.LuksEncryptor", "luks"),
            ("nova.volume.encryptors.cryptsetup.CryptsetupEncryptor", "plain"),
            ("other", "other"),
        ] {
            assert_eq!(encryption(provider, None, None).format(), format);
        }
    }

    #[test]
    fn identifiers_and_times_make_no_difference() {
        let (one, same) = (encryption("luks", Some("aes"), None), encryption("luks", Some("aes"), None));
        assert!(!differs(Some(&one), Some(&same)) && !differs(None, None));
        assert!(differs(Some(&one), None));
        assert!(differs(Some(&one), Some(&encryption("plain", Some("aes"), None))));
    }
}
