//! The layer around a store of backups.

use super::Faults;
use super::faults::around;
use crate::DriverError;
use crate::backup::{BackupImages, BackupStore, FoundObject, ObjectName, StoreCapabilities};

/// A store with a point before and after each of its calls.
#[derive(Debug, Clone)]
pub struct ChaosStore<S> {
    inner: S,
    faults: Faults,
}

impl<S> ChaosStore<S> {
    /// `inner`, subject to `faults`.
    pub fn new(inner: S, faults: Faults) -> Self {
        Self { inner, faults }
    }
}

impl<S: BackupStore> BackupStore for ChaosStore<S> {
    fn capabilities(&self) -> StoreCapabilities {
        self.inner.capabilities()
    }

    fn container(&self) -> Option<&str> {
        self.inner.container()
    }

    fn images(&self) -> Option<&dyn BackupImages> {
        self.inner.images()
    }

    fn check(&self) -> Result<(), DriverError> {
        self.faults.ask(around!("backup", "check"), || self.inner.check())
    }

    fn put(&self, object: &ObjectName, bytes: &[u8]) -> Result<(), DriverError> {
        self.faults.effect(around!("backup", "put"), || self.inner.put(object, bytes))
    }

    fn get(&self, object: &ObjectName, most_bytes: u64) -> Result<Vec<u8>, DriverError> {
        self.faults.ask(around!("backup", "get"), || self.inner.get(object, most_bytes))
    }

    fn get_range(
        &self,
        object: &ObjectName,
        offset_bytes: u64,
        buffer: &mut [u8],
    ) -> Result<usize, DriverError> {
        self.faults.ask(around!("backup", "get_range"), || self.inner.get_range(object, offset_bytes, buffer))
    }

    fn list(&self, container: &str, prefix: &str) -> Result<Vec<FoundObject>, DriverError> {
        self.faults.ask(around!("backup", "list"), || self.inner.list(container, prefix))
    }

    fn object_bytes(&self, object: &ObjectName) -> Result<u64, DriverError> {
        self.faults.ask(around!("backup", "object_bytes"), || self.inner.object_bytes(object))
    }

    fn remove(&self, object: &ObjectName) -> Result<(), DriverError> {
        self.faults.effect(around!("backup", "remove"), || self.inner.remove(object))
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        self.faults.ask(around!("backup", "sweep"), || self.inner.sweep())
    }
}
