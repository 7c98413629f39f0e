//! From a driver's report to pool states.

mod values;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use values::{Values, text};

use crate::capacity::OverSubscription;
use crate::function::Function;
use crate::pool::{Capacity, PoolState, Service};

/// The most pools that one backend may report.
pub const MAX_POOLS: usize = 10_000;

/// The name of the only pool of a backend that has no name.
const DEFAULT_POOL_NAME: &str = "_pool0";

/// What a pool has from its backend when its own report leaves it out, or leaves it empty…
const INHERITED: [&str; 4] = ["volume_backend_name", "vendor_name", "driver_version", "storage_protocol"];

/// …and what it has from there only when left out.
const INHERITED_FUNCTIONS: [&str; 2] = ["filter_function", "goodness_function"];

/// Protocols that drivers spell in several ways. A volume type may use any of them.
const PROTOCOL_SPELLINGS: [&[&str]; 4] =
    [&["iSCSI", "iscsi"], &["FC", "fibre_channel", "fc"], &["NFS", "nfs"], &["NVMe-oF", "NVMeOF", "nvmeof"]];

/// Options that stand in for what a report leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ReportDefaults {
    /// The service's own `max_over_subscription_ratio`.
    pub max_over_subscription_ratio: OverSubscription,
}

/// What a backend reported, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Who reported.
    pub service: Arc<Service>,
    /// When, in milliseconds since 1970.
    pub reported_at_ms: u64,
    /// Its pools.
    pub pools: Vec<PoolState>,
}

/// A report that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// `pools` is something other than a list of dictionaries with a name each.
    #[error("\"pools\" is not a list of pools, each with a \"pool_name\"")]
    Pools,
    /// More than [`MAX_POOLS`].
    #[error("more than {MAX_POOLS} pools")]
    TooManyPools,
    /// Two pools of the same name.
    #[error("two pools are called {0:?}")]
    DuplicatePool(String),
    /// A value that is not of its kind.
    #[error("pool {pool:?}: \"{key}\" is not {wanted}")]
    Value {
        /// The pool.
        pool: String,
        /// The value's key.
        key: &'static str,
        /// What it should be.
        wanted: &'static str,
    },
}

/// Reads a report: a dictionary with a list of `pools`, or, without one, the figures of the backend's only pool.
///
/// # Errors
/// When it has values that are not of their kind; nothing of it is then used.
pub fn read_report(
    service: &Arc<Service>,
    report: &Map<String, Value>,
    reported_at_ms: u64,
    defaults: &ReportDefaults,
) -> Result<Report, ReportError> {
    let mut reader = Reader { service, reported_at_ms, defaults, functions: HashMap::new() };
    let pools = match report.get("pools") {
        None | Some(Value::Null) => vec![reader.only_pool(report)?],
        Some(Value::Array(list)) => reader.pools(report, list)?,
        Some(_) => return Err(ReportError::Pools),
    };
    Ok(Report { service: Arc::clone(service), reported_at_ms, pools })
}

/// Puts the pools of a report in place of those known of its backend, unless something later is known already.
/// Returns whether it did. The number of volumes, which reports do not tell, stays.
pub fn merge(known: &mut Vec<PoolState>, report: Report) -> bool {
    let backend = report.service.backend();
    let is_newer =
        |pool: &PoolState| pool.service.backend() == backend && pool.reported_at_ms > report.reported_at_ms;
    if known.iter().any(is_newer) {
        return false;
    }
    let mut fresh = report.pools;
    let counts: HashMap<&str, u64> =
        known.iter().map(|pool| (pool.backend_id(), pool.volume_count)).collect();
    for pool in &mut fresh {
        pool.volume_count = counts.get(pool.backend_id()).copied().unwrap_or(pool.volume_count);
    }
    known.retain(|pool| pool.service.backend() != backend);
    known.append(&mut fresh);
    true
}

struct Reader<'r> {
    service: &'r Arc<Service>,
    reported_at_ms: u64,
    defaults: &'r ReportDefaults,
    /// Pools share the functions of their backend, which are parsed once.
    functions: HashMap<String, Arc<Function>>,
}

impl Reader<'_> {
    fn only_pool(&mut self, report: &Map<String, Value>) -> Result<PoolState, ReportError> {
        let name = text(report, "volume_backend_name").unwrap_or_else(|| DEFAULT_POOL_NAME.to_owned());
        let mut capabilities = report.clone();
        spell_out_protocol(&mut capabilities);
        self.pool(name, capabilities)
    }

    fn pools(&mut self, report: &Map<String, Value>, list: &[Value]) -> Result<Vec<PoolState>, ReportError> {
        if list.len() > MAX_POOLS {
            return Err(ReportError::TooManyPools);
        }
        let mut names = HashSet::new();
        let mut pools = Vec::with_capacity(list.len());
        for entry in list {
            let own = entry.as_object().ok_or(ReportError::Pools)?;
            let name = text(own, "pool_name").ok_or(ReportError::Pools)?;
            if !names.insert(name.clone()) {
                return Err(ReportError::DuplicatePool(name));
            }
            let mut capabilities = own.clone();
            inherit(&mut capabilities, report);
            spell_out_protocol(&mut capabilities);
            pools.push(self.pool(name, capabilities)?);
        }
        Ok(pools)
    }

    fn pool(
        &mut self,
        pool_name: String,
        capabilities: Map<String, Value>,
    ) -> Result<PoolState, ReportError> {
        let values = Values { pool: &pool_name, map: &capabilities };
        let total = values.capacity("total_capacity_gb")?.unwrap_or(Capacity::Gib(0.0));
        let free = values.capacity("free_capacity_gb")?;
        let allocated_gib = values.number("allocated_capacity_gb")?.unwrap_or(0.0);
        let provisioned_gib = values.number("provisioned_capacity_gb")?.unwrap_or(allocated_gib);
        let thin_provisioning_support = values.flag("thin_provisioning_support");
        let max_over_subscription_ratio = match (thin_provisioning_support, total, free) {
            (true, Capacity::Gib(total_gib), Some(Capacity::Gib(free_gib))) => values
                .over_subscription()?
                .unwrap_or(self.defaults.max_over_subscription_ratio)
                .ratio(provisioned_gib, total_gib, free_gib),
            _ => 1.0,
        };
        Ok(PoolState {
            host: format!("{}#{pool_name}", self.service.host),
            cluster_name: self.service.cluster_name.as_ref().map(|cluster| format!("{cluster}#{pool_name}")),
            service: Arc::clone(self.service),
            volume_backend_name: text(&capabilities, "volume_backend_name"),
            vendor_name: text(&capabilities, "vendor_name"),
            driver_version: text(&capabilities, "driver_version"),
            storage_protocol: spellings(capabilities.get("storage_protocol")),
            total,
            free,
            really_free_gib: free.and_then(Capacity::gib),
            allocated_gib,
            provisioned_gib,
            reserved_percentage: values.number("reserved_percentage")?.unwrap_or(0.0),
            max_over_subscription_ratio,
            thin_provisioning_support,
            thick_provisioning_support: values.flag("thick_provisioning_support"),
            multiattach: values.flag("multiattach"),
            qos_support: values.flag("QoS_support"),
            online_extend_support: !values.denies("online_extend_support"),
            filter_function: self.function(&capabilities, "filter_function"),
            goodness_function: self.function(&capabilities, "goodness_function"),
            volume_count: 0,
            reported_at_ms: self.reported_at_ms,
            pool_name,
            capabilities,
        })
    }

    fn function(&mut self, capabilities: &Map<String, Value>, key: &str) -> Option<Arc<Function>> {
        let source = text(capabilities, key)?;
        let function = self
            .functions
            .entry(source)
            .or_insert_with_key(|source| Arc::new(Function::new(source.as_str())));
        Some(Arc::clone(function))
    }
}

fn inherit(pool: &mut Map<String, Value>, backend: &Map<String, Value>) {
    let is_empty = |value: &Value| matches!(value, Value::Null) || value.as_str() == Some("");
    let missing = INHERITED.iter().filter(|key| pool.get(**key).is_none_or(is_empty));
    let functions = INHERITED_FUNCTIONS.iter().filter(|key| !pool.contains_key(**key));
    let inherited: Vec<&str> = missing.chain(functions).copied().collect();
    for key in inherited {
        if let Some(value) = backend.get(key) {
            pool.insert(key.to_owned(), value.clone());
        }
    }
}

/// Puts a list of all spellings in the place of one of them.
fn spell_out_protocol(capabilities: &mut Map<String, Value>) {
    let Some(Value::String(protocol)) = capabilities.get("storage_protocol") else { return };
    let known = PROTOCOL_SPELLINGS.iter().find(|spellings| spellings.contains(&protocol.as_str()));
    if let Some(spellings) = known {
        let list = spellings.iter().map(|spelling| Value::from(*spelling)).collect();
        capabilities.insert("storage_protocol".to_owned(), Value::Array(list));
    }
}

fn spellings(protocol: Option<&Value>) -> Vec<String> {
    match protocol {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
