//! What is logged, read and set while the process runs.

use std::collections::BTreeMap;

use model::service::Binary;
pub use wire::request::log_levels::Level;

/// The loggers of this process. All of its services share them.
pub trait LogLevels: Send + Sync + 'static {
    /// The host that this process runs on, by the name that its services have.
    fn host(&self) -> &str;
    /// Whether the services of that kind on this host are parts of this process.
    fn runs(&self, binary: Binary) -> bool;
    /// The loggers whose names begin with `prefix`, and their levels.
    fn get(&self, prefix: &str) -> BTreeMap<String, Level>;
    /// Sets the level of the loggers whose names begin with `prefix`.
    fn set(&self, prefix: &str, level: Level);
}
