//! Passwords of the embedded identity: Argon2id, kept as PHC strings
//! (`$argon2id$v=19$m=19456,t=2,p=1$salt$hash`).
//!
//! Each call needs [`MEMORY_KIB`] for some tens of milliseconds and computes on the caller's thread:
//! callers bound how many run at once.

use argon2::password_hash::{Output, ParamsString, PasswordHash, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::random::{self, NoEntropy};

/// Longest password, in bytes (Keystone's largest `max_password_length`).
pub const MAX_PASSWORD_BYTES: usize = 4096;
/// Memory of one hash, in KiB. This and the two numbers below are OWASP's minimum for Argon2id.
pub const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// The most that a stored hash may ask for, should it come from another time or place.
const MAX_STORED_MEMORY_KIB: u32 = 64 * 1024;
const MAX_STORED_PASSES: u32 = 16;
const MAX_STORED_LANES: u32 = 4;

/// Blocks of 1 KiB to reserve for a hash, whatever it uses. The C library maps allocations beyond
/// 32 MiB on their own and returns them to the system at once; smaller ones it may keep in its heap,
/// which would stay resident. Pages that are reserved and never touched cost nothing.
const RESERVED_BLOCKS: usize = 33 * 1024;

/// What a password is compared with when there is nothing to compare it with.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$\
                     YmVzc2VyLW5vLXN1Y2gtdXM$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Nothing to hash.
    #[error("a password cannot be empty")]
    Empty,
    /// Longer than [`MAX_PASSWORD_BYTES`].
    #[error("a password cannot be longer than {MAX_PASSWORD_BYTES} bytes")]
    TooLong,
    /// No salt could be drawn.
    #[error("the password could not be salted")]
    NoSalt(#[source] NoEntropy),
    /// The salt could not be written as a PHC string, or the hash could not be computed.
    #[error("the password could not be hashed")]
    NotHashed,
}

/// Hashes a password under a fresh salt into a PHC string.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    if password.is_empty() {
        return Err(PasswordError::Empty);
    }
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(PasswordError::TooLong);
    }
    let salt: [u8; SALT_BYTES] = random::bytes().map_err(PasswordError::NoSalt)?;
    hash_with_salt(password, &salt).ok_or(PasswordError::NotHashed)
}

/// Whether `password` is the one behind the PHC string `stored`.
///
/// With `None` (there is no such user, or it has no password) or an unreadable string the answer is
/// no, after as much work as for a real user: the time taken does not tell who exists.
#[must_use]
pub fn verify(password: &str, stored: Option<&str>) -> bool {
    if password.len() > MAX_PASSWORD_BYTES {
        return false;
    }
    match stored.and_then(matches_stored(password)) {
        Some(matches) => matches,
        None => {
            let _work = matches_stored(password)(DECOY);
            false
        }
    }
}

fn hash_with_salt(password: &str, salt: &[u8]) -> Option<String> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES)).ok()?;
    let salt_text = SaltString::encode_b64(salt).ok()?;
    let phc = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).ok()?,
        salt: Some(salt_text.as_salt()),
        hash: Some(digest(password, salt, &params, HASH_BYTES)?),
    };
    Some(phc.to_string())
}

/// Compares in constant time; `None` when the stored string is not a hash that we would compute.
fn matches_stored(password: &str) -> impl Fn(&str) -> Option<bool> {
    move |stored| {
        let phc = PasswordHash::new(stored).ok()?;
        let params = Params::try_from(&phc).ok()?;
        let ours = phc.algorithm == Algorithm::Argon2id.ident()
            && phc.version == Some(Version::V0x13.into())
            && params.m_cost() <= MAX_STORED_MEMORY_KIB
            && params.t_cost() <= MAX_STORED_PASSES
            && params.p_cost() <= MAX_STORED_LANES;
        if !ours {
            return None;
        }
        let mut salt = [0; 64];
        let salt = phc.salt?.decode_b64(&mut salt).ok()?;
        let expected = phc.hash?;
        Some(digest(password, salt, &params, expected.len())? == expected)
    }
}

fn digest(password: &str, salt: &[u8], params: &Params, hash_bytes: usize) -> Option<Output> {
    let needed = params.block_count();
    let mut blocks = Vec::with_capacity(needed.max(RESERVED_BLOCKS));
    blocks.resize(needed, Block::new());
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    Output::init_with(hash_bytes, |out| {
        Ok(argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, &mut blocks)?)
    })
    .ok()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_hash_verifies_its_own_password_only() {
        let stored = hash("correct horse").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify("correct horse", Some(&stored)));
        assert!(!verify("correct horsf", Some(&stored)));
        assert!(!verify("", Some(&stored)));
        assert!(!verify("correct horse", None));
    }

    #[test]
    fn equal_passwords_get_different_salts() {
        assert_ne!(hash("same").unwrap(), hash("same").unwrap());
    }

    #[test]
    fn agrees_with_the_reference_implementation() {
        // Password "password", salt "somesalt": from the reference implementation's own tests.
        let reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ\
                         $CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(verify("password", Some(reference)));
        assert!(!verify("Password", Some(reference)));
    }

    #[test]
    fn lengths_are_bounded() {
        assert_eq!(hash(""), Err(PasswordError::Empty));
        assert_eq!(hash(&"x".repeat(MAX_PASSWORD_BYTES + 1)), Err(PasswordError::TooLong));
        let longest = "x".repeat(MAX_PASSWORD_BYTES);
        let stored = hash(&longest).unwrap();
        assert!(verify(&longest, Some(&stored)));
        assert!(!verify(&format!("{longest}x"), Some(&stored)));
    }

    #[test]
    fn refuses_hashes_that_are_not_ours_or_ask_for_too_much() {
        for stored in [
            "",
            "plain text",
            "$2b$12$SZRgYWLBPBN0V9h2ZtCJneB2pnBMMyOY7sDqCkTUzOKSsvdEfVO5q",
            "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
            "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ",
        ] {
            assert_eq!(matches_stored("password")(stored), None, "{stored}");
            assert!(!verify("password", Some(stored)));
        }
    }

    #[test]
    fn the_decoy_is_a_hash_as_costly_as_ours() {
        assert_eq!(matches_stored("anything")(DECOY), Some(false));
        let ours = hash("x").unwrap();
        let costs = |phc: &str| phc.split('$').nth(3).unwrap().to_owned();
        assert_eq!(costs(DECOY), costs(&ours));
    }

    #[test]
    fn an_unknown_user_takes_as_long_as_a_known_one() {
        let stored = hash("known").unwrap();
        let time = |stored: Option<&str>| {
            let start = Instant::now();
            assert!(!verify("wrong", stored));
            start.elapsed()
        };
        // The fastest of several, in turn: others may be busy on this machine.
        let times: Vec<_> = (0..6).map(|_| (time(Some(&stored)), time(None))).collect();
        let known = times.iter().map(|(known, _)| *known).min().unwrap();
        let unknown = times.iter().map(|(_, unknown)| *unknown).min().unwrap();
        assert!(unknown * 3 > known && known * 3 > unknown, "{known:?} and {unknown:?}");
    }
}
