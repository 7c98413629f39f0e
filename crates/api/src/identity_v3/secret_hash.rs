//! How the secrets of application credentials are kept.
//!
//! A secret that this server drew has 512 random bits: nobody guesses it however fast a guess is checked, so its SHA-256
//! is kept, and programs that log in often cost next to nothing. A secret that the user chose may be as weak as any
//! password and is kept like one.

use auth::secret::Secret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Fault;
use super::hashing::Hashing;

/// What marks the hash of a secret that was drawn. A PHC string begins with a dollar sign.
const DRAWN: &str = "sha256:";

/// The hash of a secret that [`auth::random::secret`] drew.
#[must_use]
pub(crate) fn of_drawn(secret: &Secret<String>) -> String {
    format!("{DRAWN}{:x}", Sha256::digest(secret.expose()))
}

/// The hash of a secret that somebody chose.
///
/// # Errors
/// 400 when it is empty or too long; 503 when too many wait.
pub(crate) async fn of_chosen(hashing: &Hashing, secret: Secret<String>) -> Result<String, Fault> {
    hashing.hash(secret).await
}

/// Whether this is the secret behind `stored`, in constant time for those that were drawn.
///
/// # Errors
/// 503 when too many wait.
pub(crate) async fn matches(
    hashing: &Hashing,
    secret: Secret<String>,
    stored: String,
) -> Result<bool, Fault> {
    match stored.strip_prefix(DRAWN) {
        Some(expected) => {
            let found = format!("{:x}", Sha256::digest(secret.expose()));
            Ok(found.as_bytes().ct_eq(expected.as_bytes()).into())
        }
        None => hashing.verify(secret, Some(stored)).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_kind_of_hash_knows_its_secret() {
        let hashing = Hashing::default();
        let secret = |text: &str| Secret::new(text.to_owned());
        let drawn = auth::random::secret().unwrap();
        let of_drawn = of_drawn(&drawn);
        let of_chosen = of_chosen(&hashing, secret("chosen")).await.unwrap();
        assert!(!of_drawn.contains(drawn.expose().as_str()) && of_chosen.starts_with("$argon2id$"));
        for (given, stored, is_right) in [
            (drawn.clone(), &of_drawn, true),
            (secret("chosen"), &of_chosen, true),
            (secret("chosen"), &of_drawn, false),
            (drawn, &of_chosen, false),
            (secret(""), &of_drawn, false),
            (secret(&of_drawn), &of_drawn, false),
        ] {
            assert_eq!(matches(&hashing, given, stored.clone()).await, Ok(is_right));
        }
    }
}
