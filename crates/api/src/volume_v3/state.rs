//! What every request to the Block Storage API shares.

use std::sync::{Arc, PoisonError, RwLock};

use auth::policy::{Policy, VolumeRule};
use model::limits::MAX_PAGE_ITEMS;
use operations::Desk;
use wire::query::ResourceFilters;

use super::Rates;
use crate::log_levels::LogLevels;
use crate::tokens::{ServiceTokens, Tokens};

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
    /// How lists are filtered and cut into pages.
    pub lists: Arc<Lists>,
    /// Who counts as a service that forwards requests.
    pub service_tokens: Arc<ServiceTokens>,
    /// How many requests projects may make.
    pub rates: Arc<Rates>,
    /// What is logged.
    pub log_levels: Arc<dyn LogLevels>,
}

/// What the configuration says about lists.
#[derive(Debug)]
pub struct Lists {
    /// What others than administrators may filter by; replaced as a whole when it is read again.
    resource_filters: RwLock<Arc<ResourceFilters>>,
    /// Largest number of items on a page (`osapi_max_limit`).
    pub max_limit: usize,
}

impl Lists {
    /// Lists of at most `max_limit` items a page, with the filters of `resource_query_filters_file`.
    #[must_use]
    pub fn new(resource_filters: ResourceFilters, max_limit: usize) -> Self {
        Self { resource_filters: RwLock::new(Arc::new(resource_filters)), max_limit }
    }

    /// The filters in force.
    #[must_use]
    pub fn resource_filters(&self) -> Arc<ResourceFilters> {
        Arc::clone(&self.resource_filters.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts other filters into force, for the requests to come.
    pub fn set_resource_filters(&self, filters: ResourceFilters) {
        *self.resource_filters.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(filters);
    }
}

impl Default for Lists {
    fn default() -> Self {
        Self::new(ResourceFilters::default(), MAX_PAGE_ITEMS)
    }
}

impl VolumeApi {
    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy<VolumeRule>> {
        Arc::clone(&self.policy.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}
