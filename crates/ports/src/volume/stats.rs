//! What a backend reports about its pools.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A capacity in GiB, or the admission that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum CapacityGib {
    /// So much.
    Gib(f64),
    /// No end.
    Infinite,
    /// The backend does not say.
    Unknown,
}

/// One pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PoolStats {
    /// Name within the backend.
    pub name: String,
    /// All of it.
    pub total: CapacityGib,
    /// What could be written now.
    pub free: CapacityGib,
    /// Virtual size of everything on it, ours or not, in GiB; none when the backend cannot tell.
    pub provisioned_gib: Option<f64>,
    /// Further capabilities for the scheduler's filters.
    pub extra: Map<String, Value>,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackendStats {
    /// At least one pool.
    pub pools: Vec<PoolStats>,
}
