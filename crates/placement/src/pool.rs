//! What the scheduler knows about one storage pool.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::fact::Fact;
use crate::function::Function;

/// Space as a backend reports it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Capacity {
    /// So many GiB.
    Gib(f64),
    /// The backend says that it cannot run out.
    Infinite,
    /// The backend cannot tell.
    Unknown,
}

impl Capacity {
    /// The number of GiB, when there is one.
    #[must_use]
    pub fn gib(self) -> Option<f64> {
        match self {
            Self::Gib(gib) => Some(gib),
            Self::Infinite | Self::Unknown => None,
        }
    }

    pub(crate) fn fact(self) -> Fact<'static> {
        match self {
            Self::Gib(gib) => Fact::Number(gib),
            Self::Infinite => Fact::Text("infinite"),
            Self::Unknown => Fact::Text("unknown"),
        }
    }

    /// Takes `gib` away (a negative number gives back). Endless and unknown space stay what they are.
    fn shrink(&mut self, gib: f64) {
        if let Self::Gib(left) = self {
            *left -= gib;
        }
    }
}

/// The volume service that runs a backend; all pools of the backend share it.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// `host@backend`.
    pub host: String,
    /// `cluster@backend`, when the service is a member of a cluster.
    pub cluster_name: Option<String>,
    /// The zone that the service is in.
    pub availability_zone: String,
    /// Its last heartbeat is younger than `service_down_time`.
    pub up: bool,
    /// No operator has disabled it.
    pub enabled: bool,
    /// An operator has frozen it, as after a failover.
    pub frozen: bool,
}

impl Service {
    /// `host@backend`, or the cluster's name in its place.
    #[must_use]
    pub fn backend(&self) -> &str {
        self.cluster_name.as_deref().unwrap_or(&self.host)
    }
}

/// One pool: the last report about it, less what was placed there since.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolState {
    /// `host@backend#pool`.
    pub host: String,
    /// `cluster@backend#pool`, when the service is a member of a cluster.
    pub cluster_name: Option<String>,
    /// The part after the `#`.
    pub pool_name: String,
    /// The service that the pool belongs to.
    pub service: Arc<Service>,
    /// What volume types name in the extra spec of the same name.
    pub volume_backend_name: Option<String>,
    /// Who made the storage.
    pub vendor_name: Option<String>,
    /// The driver's version, in the driver's own notation.
    pub driver_version: Option<String>,
    /// The protocol in each of its spellings.
    pub storage_protocol: Vec<String>,
    /// All the space there is.
    pub total: Capacity,
    /// Space left; `None` when the report had no such value.
    pub free: Option<Capacity>,
    /// Real space left when the backend last reported, in GiB. [`PoolState::charge`] leaves it alone: a thin volume
    /// fills up later, and the next report tells.
    pub really_free_gib: Option<f64>,
    /// The sum of the sizes of the volumes placed here, in GiB.
    pub allocated_gib: f64,
    /// The sum of the sizes of everything provisioned here, by us or by others, in GiB.
    pub provisioned_gib: f64,
    /// The share of the total that volumes must leave alone, in percent.
    pub reserved_percentage: f64,
    /// How many times the total may be promised to thin volumes.
    pub max_over_subscription_ratio: f64,
    /// The pool can make thin volumes.
    pub thin_provisioning_support: bool,
    /// The pool can make thick volumes.
    pub thick_provisioning_support: bool,
    /// A volume can be attached to more than one host.
    pub multiattach: bool,
    /// The backend enforces QoS specs.
    pub qos_support: bool,
    /// An attached volume can grow. Assumed unless the report denies it.
    pub online_extend_support: bool,
    /// The driver's own say on whether the pool takes a volume.
    pub filter_function: Option<Arc<Function>>,
    /// The driver's own say on how well a volume suits the pool.
    pub goodness_function: Option<Arc<Function>>,
    /// How many volumes live in the pool. Reports do not say: the database does.
    pub volume_count: u64,
    /// When the backend reported, in milliseconds since 1970.
    pub reported_at_ms: u64,
    /// Every value of the report, custom ones too, as extra specs and functions see them.
    pub capabilities: Map<String, Value>,
}

impl PoolState {
    /// The pool's address: `host@backend#pool`, or with the cluster's name in place of the host's.
    #[must_use]
    pub fn backend_id(&self) -> &str {
        self.cluster_name.as_deref().unwrap_or(&self.host)
    }

    /// The address without the pool.
    #[must_use]
    pub fn backend(&self) -> &str {
        without_pool(self.backend_id())
    }

    /// The machine (or cluster) that serves the pool: what stands before the `@`.
    #[must_use]
    pub fn host_part(&self) -> &str {
        let backend = self.backend();
        backend.split_once('@').map_or(backend, |(host, _)| host)
    }

    /// Whether `name` means this pool: by its full address, or by `host@backend` alone for any pool of that backend; of a
    /// member of a cluster, also by the cluster's name in place of the host's.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        let service = &self.service;
        self.is_at(name) || service.host == name || service.cluster_name.as_deref() == Some(name)
    }

    /// Whether `address` is the full address of this pool, with its host's name or its cluster's.
    #[must_use]
    pub fn is_at(&self, address: &str) -> bool {
        self.host == address || self.cluster_name.as_deref() == Some(address)
    }

    /// Counts a volume of `size_gib` as placed here, until the next report does.
    pub fn charge(&mut self, size_gib: u64) {
        self.move_gib(size_gib as f64);
    }

    /// Takes back a [`PoolState::charge`], as when the volume goes elsewhere after all.
    pub fn refund(&mut self, size_gib: u64) {
        self.move_gib(-(size_gib as f64));
    }

    fn move_gib(&mut self, gib: f64) {
        self.allocated_gib += gib;
        self.provisioned_gib += gib;
        if let Some(free) = &mut self.free {
            free.shrink(gib);
        }
    }

    /// A reported capability. Space is as of now, not as of the report.
    pub(crate) fn capability(&self, key: &str) -> Fact<'_> {
        match (key, self.capabilities.get(key)) {
            (_, None) => Fact::Missing,
            ("free_capacity_gb", Some(Value::Number(_))) => self.free.map_or(Fact::Null, Capacity::fact),
            ("allocated_capacity_gb", Some(Value::Number(_))) => Fact::Number(self.allocated_gib),
            ("provisioned_capacity_gb", Some(Value::Number(_))) => Fact::Number(self.provisioned_gib),
            (_, Some(value)) => Fact::from(value),
        }
    }

    /// A value of the pool under the name that queries and functions know it by.
    pub(crate) fn attribute(&self, name: &str) -> Fact<'_> {
        match name {
            "host" => Fact::Text(&self.host),
            "cluster_name" => Fact::text(self.cluster_name.as_deref()),
            "backend_id" => Fact::Text(self.backend_id()),
            "pool_name" => Fact::Text(&self.pool_name),
            "volume_backend_name" => Fact::text(self.volume_backend_name.as_deref()),
            "vendor_name" => Fact::text(self.vendor_name.as_deref()),
            "driver_version" => Fact::text(self.driver_version.as_deref()),
            "storage_protocol" => Fact::any_of(&self.storage_protocol),
            "total_capacity_gb" => self.total.fact(),
            "free_capacity_gb" => self.free.map_or(Fact::Null, Capacity::fact),
            "allocated_capacity_gb" => Fact::Number(self.allocated_gib),
            "provisioned_capacity_gb" => Fact::Number(self.provisioned_gib),
            "reserved_percentage" => Fact::Number(self.reserved_percentage),
            "max_over_subscription_ratio" => Fact::Number(self.max_over_subscription_ratio),
            "thin_provisioning_support" => Fact::Bool(self.thin_provisioning_support),
            "thick_provisioning_support" => Fact::Bool(self.thick_provisioning_support),
            "multiattach" => Fact::Bool(self.multiattach),
            "QoS_support" => Fact::Bool(self.qos_support),
            "filter_function" => Fact::text(self.filter_function.as_deref().map(Function::source)),
            "goodness_function" => Fact::text(self.goodness_function.as_deref().map(Function::source)),
            "updated" => Fact::Number(self.reported_at_ms as f64 / 1000.0),
            _ => Fact::Missing,
        }
    }
}

/// `host@backend#pool` without the `#pool`.
pub(crate) fn without_pool(address: &str) -> &str {
    address.split_once('#').map_or(address, |(backend, _)| backend)
}
