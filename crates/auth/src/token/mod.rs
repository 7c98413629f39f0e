//! The tokens of the embedded identity: short signed statements about who may act where until when.
//!
//! A token is the URL-safe base64 of
//!
//! ```text
//! version  u8      1
//! key id   u32     which key signed it
//! claims           see `codec`
//! tag      32 B    HMAC-SHA256 of everything before it
//! ```
//!
//! with integers in network order. It is signed, not encrypted: its holder can read the ids inside.
//! At most 190 characters with ids as Keystone makes them, as long as its own.
//!
//! A valid signature is not all: [`RevocationSet`] tells which tokens no longer count, and the
//! generation in the claims must still be the user's.

mod audit;
mod claims;
mod codec;
mod keys;
mod methods;
mod revocation;

use model::Timestamp;

pub use audit::{Audit, AuditId};
pub use claims::Claims;
pub use codec::{MAX_ID_BYTES, MAX_TOKEN_CHARS};
pub use keys::{KEY_BYTES, KeyRing, KeyRingError, MAX_KEYS, SigningKey};
pub use methods::{Method, Methods};
pub use revocation::{Revocation, RevocationSet, Revoked};

/// Why a token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not one of our tokens, or cut short.
    #[error("the token is malformed")]
    Malformed,
    /// Not signed by a key that is in use.
    #[error("the token's signature is not ours")]
    BadSignature,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
}

/// The claims name something by an id that is empty or longer than [`MAX_ID_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id in a token has from 1 to {MAX_ID_BYTES} bytes")]
pub struct UnusableId;

/// A point in time as the Identity API writes it: `2026-11-20T18:40:32.000000Z`.
#[must_use]
pub fn isotime(at: Timestamp) -> String {
    format!("{at}Z")
}

#[cfg(test)]
mod tests;
