//! The backends that this process looks after.

use std::collections::BTreeMap;
use std::sync::Arc;

use ports::VolumeDriver;

use crate::base::cache::CacheLimits;

/// One backend: a driver and what the configuration says about it.
#[derive(Clone)]
pub struct Backend {
    /// `host@backend`.
    pub host: String,
    /// The driver.
    pub driver: Arc<dyn VolumeDriver>,
    /// Zone that it serves.
    pub zone: String,
    /// `cluster@backend` of the cluster that looks after it together with others.
    pub cluster: Option<String>,
    /// `volume_backend_name`, by which volume types choose it.
    pub volume_backend_name: String,
    /// `reserved_percentage`.
    pub reserved_percentage: u8,
    /// `max_over_subscription_ratio`: a number or `auto`.
    pub max_over_subscription_ratio: String,
    /// `filter_function`.
    pub filter_function: Option<String>,
    /// `goodness_function`.
    pub goodness_function: Option<String>,
    /// Whether hosts are told that they may give space back (`report_discard_supported`).
    pub report_discard: bool,
    /// Physical and logical block size in bytes that hosts are told (`disk_geometry`).
    pub block_sizes: Option<(u16, u16)>,
    /// Whether images are kept on it as bases (`image_volume_cache_enabled`), and within which limits.
    pub image_cache: Option<CacheLimits>,
    /// Further capabilities that the configuration adds to every report.
    pub extra_capabilities: serde_json::Map<String, serde_json::Value>,
}

/// All of them.
#[derive(Clone, Default)]
pub struct Backends(BTreeMap<String, Backend>);

impl Backends {
    /// The backend `host@backend`. In a cluster `host` may be another member of it, whose work is being done in its
    /// place: it is the same storage, in the section of the same name.
    #[must_use]
    pub fn get(&self, host: &str) -> Option<&Backend> {
        let section = |host: &str| host.split_once('@').map(|(_, section)| section.to_owned());
        let in_its_place = |it: &&Backend| it.cluster.is_some() && section(&it.host) == section(host);
        self.0.get(host).or_else(|| self.0.values().find(in_its_place))
    }

    /// Every one.
    pub fn values(&self) -> impl Iterator<Item = &Backend> {
        self.0.values()
    }
}

impl FromIterator<Backend> for Backends {
    fn from_iter<T: IntoIterator<Item = Backend>>(backends: T) -> Self {
        Self(backends.into_iter().map(|it| (it.host.clone(), it)).collect())
    }
}
