//! What every request to the Image API shares.

use std::sync::{Arc, PoisonError, RwLock};

use auth::policy::{ImageRule, Policy};
use ledger::Supervisor;
use operations::image::Images;
use wire::image::Formats;

use crate::tokens::{ServiceTokens, Tokens};

/// The API. Cheap to clone.
#[derive(Clone)]
pub struct ImageApi {
    /// What requests work with.
    pub images: Images,
    /// Who keeps uploads going when their client is gone.
    pub supervisor: Supervisor,
    /// Who stands behind tokens.
    pub tokens: Arc<dyn Tokens>,
    /// Who counts as a service that forwards requests.
    pub service_tokens: Arc<ServiceTokens>,
    /// Who may do what.
    pub policy: Arc<RwLock<Arc<Policy<ImageRule>>>>,
    /// The public URL, when an administrator set one.
    pub public_endpoint: Option<String>,
    /// Where clients get tokens, for `WWW-Authenticate`.
    pub identity_url: String,
    /// The URL of the listening socket.
    pub local_url: String,
    /// What the configuration says.
    pub settings: Arc<Settings>,
}

/// What the configuration says about the API.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The formats that images may have.
    pub formats: Formats,
    /// Ways to import (`enabled_import_methods`).
    pub import_methods: Vec<String>,
    /// Whether locations are shown (`show_multiple_locations`).
    pub shows_locations: bool,
    /// Whether the first location is shown (`show_image_direct_url`).
    pub shows_direct_url: bool,
    /// Properties that begin so are taken over from another image service's image.
    pub inherited_properties: Vec<String>,
    /// The region of this service, which clients name in imports from it.
    pub region: String,
    /// What the cache is pruned to (`image_cache_max_size`).
    pub cache_max_bytes: u64,
    /// Images on a page when nobody says (`limit_param_default`).
    pub default_page: usize,
    /// Most images on a page (`api_limit_max`).
    pub max_page: usize,
}

impl ImageApi {
    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy<ImageRule>> {
        Arc::clone(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }
}
