//! Two loggers of a process on the host `node`, where another process keeps backups.

use std::collections::BTreeMap;
use std::sync::Mutex;

use api::log_levels::LogLevels;
use model::service::Binary;
use wire::request::log_levels::Level;

/// They begin at INFO.
pub(super) struct FakeLogLevels(Mutex<BTreeMap<String, Level>>);

impl Default for FakeLogLevels {
    fn default() -> Self {
        Self(Mutex::new(["store", "operations"].map(|name| (name.to_owned(), Level::Info)).into()))
    }
}

impl LogLevels for FakeLogLevels {
    fn host(&self) -> &str {
        "node"
    }

    fn runs(&self, binary: Binary) -> bool {
        binary != Binary::Backup
    }

    fn get(&self, prefix: &str) -> BTreeMap<String, Level> {
        let loggers = self.0.lock().unwrap();
        let named = loggers.iter().filter(|(name, _)| name.starts_with(prefix));
        named.map(|(name, level)| (name.clone(), *level)).collect()
    }

    fn set(&self, prefix: &str, level: Level) {
        let mut loggers = self.0.lock().unwrap();
        loggers.iter_mut().filter(|(name, _)| name.starts_with(prefix)).for_each(|(_, held)| *held = level);
    }
}
