//! What every request to the Block Storage API shares.

use std::sync::{Arc, RwLock};

use auth::policy::{Policy, VolumeRule};
use operations::Desk;

use crate::tokens::Tokens;

/// The API. Cheap to clone.
#[derive(Clone)]
pub struct VolumeApi {
    /// Where requests are accepted.
    pub desk: Desk,
    /// Who stands behind tokens.
    pub tokens: Arc<dyn Tokens>,
    /// Who may do what; replaced as a whole when `policy.yaml` is read again.
    pub policy: Arc<RwLock<Arc<Policy<VolumeRule>>>>,
    /// The public URL, when an administrator set one.
    pub public_endpoint: Option<String>,
    /// Where clients get tokens, for `WWW-Authenticate`.
    pub identity_url: String,
    /// The URL of the listening socket.
    pub local_url: String,
}

impl VolumeApi {
    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy<VolumeRule>> {
        Arc::clone(&self.policy.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}
