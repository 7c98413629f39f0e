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

/// All of them, by `host@backend`.
pub type Backends = BTreeMap<String, Backend>;
