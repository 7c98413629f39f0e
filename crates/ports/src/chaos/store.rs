//! The layer around a store of backups.

use super::Faults;
use crate::DriverError;
use crate::backup::{BackupStore, FoundObject, ObjectName, StoreCapabilities};

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

    fn ask<T>(
        &self,
        (before, after): (&'static str, &'static str),
        call: impl FnOnce() -> Result<T, DriverError>,
    ) -> Result<T, DriverError> {
        self.faults.point(before)?;
        let answer = call();
        self.faults.point(after)?;
        answer
    }

    fn effect<T>(
        &self,
        points: (&'static str, &'static str),
        call: impl Fn() -> Result<T, DriverError>,
    ) -> Result<T, DriverError> {
        self.ask(points, || {
            if self.faults.repeats_effects() {
                call()?;
            }
            call()
        })
    }
}

macro_rules! around {
    ($call:literal) => {
        (concat!("backup.", $call, ".before"), concat!("backup.", $call, ".after"))
    };
}

impl<S: BackupStore> BackupStore for ChaosStore<S> {
    fn capabilities(&self) -> StoreCapabilities {
        self.inner.capabilities()
    }

    fn check(&self) -> Result<(), DriverError> {
        self.ask(around!("check"), || self.inner.check())
    }

    fn put(&self, object: &ObjectName, bytes: &[u8]) -> Result<(), DriverError> {
        self.effect(around!("put"), || self.inner.put(object, bytes))
    }

    fn get(&self, object: &ObjectName, most_bytes: u64) -> Result<Vec<u8>, DriverError> {
        self.ask(around!("get"), || self.inner.get(object, most_bytes))
    }

    fn get_range(
        &self,
        object: &ObjectName,
        offset_bytes: u64,
        buffer: &mut [u8],
    ) -> Result<usize, DriverError> {
        self.ask(around!("get_range"), || self.inner.get_range(object, offset_bytes, buffer))
    }

    fn list(&self, container: &str, prefix: &str) -> Result<Vec<FoundObject>, DriverError> {
        self.ask(around!("list"), || self.inner.list(container, prefix))
    }

    fn remove(&self, object: &ObjectName) -> Result<(), DriverError> {
        self.effect(around!("remove"), || self.inner.remove(object))
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        self.ask(around!("sweep"), || self.inner.sweep())
    }
}
