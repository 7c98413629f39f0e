//! What every request to the Identity API shares.

use std::sync::{Arc, PoisonError, RwLock};

use auth::policy::{IdentityRule, Policy};

use super::EmbeddedTokens;
use super::hashing::Hashing;

/// The API. Cheap to clone.
#[derive(Clone)]
pub struct IdentityApi {
    /// Issues and validates tokens, and writes what they depend on.
    pub tokens: Arc<EmbeddedTokens>,
    /// Who may do what; replaced as a whole when a policy file is read again.
    pub policy: Arc<RwLock<Arc<Policy<IdentityRule>>>>,
    /// The public URL, when an administrator set one.
    pub public_endpoint: Option<String>,
    /// The URL of the listening socket.
    pub local_url: String,
    /// Where passwords are hashed.
    pub(super) hashing: Hashing,
}

impl IdentityApi {
    /// An API with the default policy, reached at `local_url` (`http://host:port`).
    #[must_use]
    pub fn new(tokens: Arc<EmbeddedTokens>, local_url: String) -> Self {
        Self { tokens, policy: Arc::default(), public_endpoint: None, local_url, hashing: Hashing::default() }
    }

    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy<IdentityRule>> {
        Arc::clone(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }
}
