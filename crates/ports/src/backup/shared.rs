//! A store behind a pointer is a store, so that layers can be put around one that was chosen at run time.

use std::sync::Arc;

use super::{BackupImages, BackupStore, FoundObject, ObjectName, StoreCapabilities};
use crate::DriverError;

impl<S: BackupStore + ?Sized> BackupStore for Arc<S> {
    fn capabilities(&self) -> StoreCapabilities {
        (**self).capabilities()
    }

    fn container(&self) -> Option<&str> {
        (**self).container()
    }

    fn images(&self) -> Option<&dyn BackupImages> {
        (**self).images()
    }

    fn check(&self) -> Result<(), DriverError> {
        (**self).check()
    }

    fn put(&self, object: &ObjectName, bytes: &[u8]) -> Result<(), DriverError> {
        (**self).put(object, bytes)
    }

    fn put_all(&self, object: &ObjectName, bytes: Vec<u8>) -> Result<(), DriverError> {
        (**self).put_all(object, bytes)
    }

    fn get(&self, object: &ObjectName, most_bytes: u64) -> Result<Vec<u8>, DriverError> {
        (**self).get(object, most_bytes)
    }

    fn get_range(
        &self,
        object: &ObjectName,
        offset_bytes: u64,
        buffer: &mut [u8],
    ) -> Result<usize, DriverError> {
        (**self).get_range(object, offset_bytes, buffer)
    }

    fn get_part(
        &self,
        object: &ObjectName,
        offset_bytes: u64,
        length: usize,
    ) -> Result<Vec<u8>, DriverError> {
        (**self).get_part(object, offset_bytes, length)
    }

    fn list(&self, container: &str, prefix: &str) -> Result<Vec<FoundObject>, DriverError> {
        (**self).list(container, prefix)
    }

    fn object_bytes(&self, object: &ObjectName) -> Result<u64, DriverError> {
        (**self).object_bytes(object)
    }

    fn remove(&self, object: &ObjectName) -> Result<(), DriverError> {
        (**self).remove(object)
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        (**self).sweep()
    }
}
