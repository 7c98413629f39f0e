//! Audit ids: how logs and revocations name a token without quoting it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::random::{self, NoEntropy};

/// A random name for a token: 128 bits, written as 22 characters of URL-safe base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuditId(pub(super) [u8; 16]);

impl AuditId {
    /// A fresh id.
    pub fn random() -> Result<Self, NoEntropy> {
        random::bytes().map(Self)
    }

    /// Reads the 22 characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for AuditId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// A token's own audit id, and that of the token which its chain began with: every token that was
/// made from another belongs to the chain of the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Audit {
    /// The token's own id.
    pub id: AuditId,
    /// The id of the first token of the chain, unless this is it.
    pub first: Option<AuditId>,
}

impl Audit {
    /// For a token that begins a chain.
    pub fn begin() -> Result<Self, NoEntropy> {
        Ok(Self { id: AuditId::random()?, first: None })
    }

    /// For a token that is made from the token of `self`.
    pub fn next(&self) -> Result<Self, NoEntropy> {
        Ok(Self { id: AuditId::random()?, first: Some(self.chain()) })
    }

    /// The id of the first token, which names the chain.
    #[must_use]
    pub fn chain(&self) -> AuditId {
        self.first.unwrap_or(self.id)
    }

    /// The list `audit_ids` of a token's body.
    pub fn ids(&self) -> impl Iterator<Item = AuditId> {
        [Some(self.id), self.first].into_iter().flatten()
    }
}
