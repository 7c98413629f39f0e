//! Keys of encrypted volumes, and who keeps them.
//!
//! Every call can be repeated: a key is asked for by a name that derives from what it is for, so that a caller which
//! was killed finds what it had made, and nothing is left behind when the name is removed. The manager chooses the
//! identifier, by which others (a hypervisor) ask it for the key.

use model::secret::Secret;
use model::{KeyId, UserId};
use thiserror::Error;

/// What kind of key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySpec {
    /// `aes`.
    pub algorithm: String,
    /// Its size; a multiple of 8.
    pub bits: u64,
}

/// A key.
#[derive(Debug, Clone)]
pub struct Key {
    /// What kind.
    pub spec: KeySpec,
    /// The key itself.
    pub secret: Secret<Vec<u8>>,
}

impl Key {
    /// What opens a LUKS volume: the digits of the key in lower-case hexadecimal, as OpenStack's own clients have it.
    #[must_use]
    pub fn passphrase(&self) -> Secret<String> {
        let bytes = self.secret.expose();
        let mut digits = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            digits.extend(
                [byte >> 4, byte & 0xf].iter().filter_map(|half| char::from_digit((*half).into(), 16)),
            );
        }
        Secret::new(digits)
    }
}

/// Why there is no key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// There is none under this identifier.
    #[error("the key manager has no key {0}")]
    Missing(KeyId),
    /// The manager cannot be asked, or not now; may pass.
    #[error("the key manager does not answer: {0}")]
    Unavailable(String),
    /// The manager does not do it; an administrator has to act.
    #[error("the key manager refuses: {0}")]
    Refused(String),
}

impl KeyError {
    /// Whether the same call may succeed later with nobody's help.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// Who keeps keys. Calls block; each may be made again.
pub trait KeyManager: Send + Sync {
    /// The key called `name`: the one that is there, or else a new random one.
    ///
    /// # Errors
    /// The manager's.
    fn ensure(&self, name: &str, spec: &KeySpec) -> Result<KeyId, KeyError>;

    /// The key called `name`: the one that is there, or else one with the same secret as `of`, which lives and dies on
    /// its own.
    ///
    /// # Errors
    /// The manager's; [`KeyError::Missing`] when `of` is not there.
    fn ensure_copy(&self, name: &str, of: KeyId) -> Result<KeyId, KeyError>;

    /// The key `id`.
    ///
    /// # Errors
    /// The manager's; [`KeyError::Missing`] when it is not there.
    fn get(&self, id: KeyId) -> Result<Key, KeyError>;

    /// Lets these users have the key `id`, beside whoever has all of ours; those who were let in before stay when `keeps`.
    /// Where a key is anybody's who may have what it opens, there is nothing to do.
    ///
    /// # Errors
    /// The manager's; [`KeyError::Missing`] when it is not there.
    fn share(&self, _id: KeyId, _users: &[UserId], _keeps: bool) -> Result<(), KeyError> {
        Ok(())
    }

    /// Removes every key called `name`. When there is none, that is a success.
    ///
    /// # Errors
    /// The manager's.
    fn remove_named(&self, name: &str) -> Result<(), KeyError>;

    /// Removes the key `id`. When there is none, that is a success.
    ///
    /// # Errors
    /// The manager's.
    fn remove(&self, id: KeyId) -> Result<(), KeyError>;
}

/// What every key manager has to do, for the tests of each.
pub mod conformance {
    use super::{KeyError, KeyManager, KeySpec};
    use model::KeyId;

    /// Asserts all of it of `keys`, which has nothing under the names that begin with `prefix`.
    ///
    /// # Panics
    /// Something is not as it has to be.
    #[allow(clippy::expect_used, reason = "a test may fail by panicking")]
    pub fn check(keys: &dyn KeyManager, prefix: &str) {
        let (name, other) = (format!("{prefix}-one"), format!("{prefix}-other"));
        let spec = KeySpec { algorithm: "aes".to_owned(), bits: 256 };
        let id = keys.ensure(&name, &spec).expect("a key");
        assert_eq!(keys.ensure(&name, &spec), Ok(id), "the same name is the same key");
        let key = keys.get(id).expect("the key");
        assert_eq!((key.secret.expose().len(), &key.spec), (32, &spec));
        assert_eq!(key.passphrase().expose().len(), 64);

        let copy = keys.ensure_copy(&other, id).expect("a copy");
        assert_ne!(copy, id);
        assert_eq!(keys.ensure_copy(&other, id), Ok(copy), "a copy is made once");
        let copied = keys.get(copy).expect("the copy");
        assert_eq!((copied.secret.expose(), &copied.spec), (key.secret.expose(), &spec));

        keys.remove_named(&name).expect("removed");
        keys.remove_named(&name).expect("removing what is gone is a success");
        assert_eq!(keys.get(id).err(), Some(KeyError::Missing(id)));
        assert_eq!(keys.get(copy).expect("the copy stays").secret.expose(), key.secret.expose());
        assert_eq!(keys.ensure_copy(&name, id).err(), Some(KeyError::Missing(id)));

        keys.remove(copy).expect("removed");
        keys.remove(copy).expect("removing what is gone is a success");
        assert_eq!(keys.get(copy).err(), Some(KeyError::Missing(copy)));
        let nobody = KeyId::random();
        assert_eq!(keys.get(nobody).err(), Some(KeyError::Missing(nobody)));

        let anew = keys.ensure(&name, &spec).expect("a new key");
        assert_ne!(keys.get(anew).expect("the new key").secret.expose(), key.secret.expose());
        keys.remove_named(&name).expect("removed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_is_the_digits_of_the_key() {
        let spec = KeySpec { algorithm: "aes".to_owned(), bits: 32 };
        let key = Key { spec, secret: Secret::new(vec![0x00, 0x9f, 0xa0, 0xff]) };
        assert_eq!(key.passphrase().expose(), "009fa0ff");
        assert!(!format!("{key:?}").contains("159"), "{key:?}");
    }
}
