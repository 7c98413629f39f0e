//! What an initiator has to know (CHAP, RFC 1994), as Cinder keeps it: `CHAP user secret`.

use std::fmt;

use ports::DriverError;
use ports::volume::ProviderAuth;

/// What names and secrets are made of: nothing that a person confuses or a program splits at.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefgh";
/// How long a generated name is.
const USER_CHARS: usize = 20;
/// How long a generated secret is: RFC 3720 wants 96 bits, and some initiators take no more than 16 characters.
const SECRET_CHARS: usize = 16;

/// A name and a secret. The secret does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Chap {
    user: String,
    secret: String,
}

impl Chap {
    /// Makes a new one.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn random() -> Result<Self, DriverError> {
        Ok(Self { user: random(USER_CHARS)?, secret: random(SECRET_CHARS)? })
    }

    /// A name and a secret that an administrator chose.
    #[must_use]
    pub const fn new(user: String, secret: String) -> Self {
        Self { user, secret }
    }

    /// Reads what was kept.
    #[must_use]
    pub fn kept(auth: &ProviderAuth) -> Option<Self> {
        let (user, secret) = auth.chap()?;
        Some(Self { user: user.to_owned(), secret: secret.to_owned() })
    }

    /// What is to be kept.
    #[must_use]
    pub fn to_keep(&self) -> ProviderAuth {
        ProviderAuth::of_chap(&self.user, &self.secret)
    }

    /// The name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The secret. Whoever calls this answers for where it goes.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for Chap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chap({})", self.user)
    }
}

fn random(chars: usize) -> Result<String, DriverError> {
    let mut bytes = [0; USER_CHARS];
    let bytes = &mut bytes[..chars];
    getrandom::fill(bytes).map_err(|error| DriverError::Refused(format!("no randomness: {error}")))?;
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_read_again() {
        let chap = Chap::random().unwrap();
        assert_eq!((chap.user().len(), chap.expose_secret().len()), (20, 16));
        assert_eq!(Chap::kept(&chap.to_keep()), Some(chap.clone()));
        assert_ne!(Chap::random().unwrap(), chap);
    }

    #[test]
    fn the_secret_does_not_print() {
        let chap = Chap::new("user".to_owned(), "hidden".to_owned());
        assert!(!format!("{chap:?}").contains("hidden"));
        for kept in ["", "CHAP user", "PAP user secret", "CHAP a b c"] {
            assert_eq!(Chap::kept(&ProviderAuth::new(kept.to_owned())), None, "{kept}");
        }
    }
}
