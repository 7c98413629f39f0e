//! The store `ceph`: objects in a pool of a Ceph cluster.
//!
//! A container is a pool, as it is for Cinder's driver; pools are made by whoever runs the cluster. Our objects lie
//! in a namespace of their own, where the objects that RBD images consist of are not listed.

mod fetched;
mod images;

use ports::DriverError;
use ports::backup::{BackupImages, BackupStore, FoundObject, ObjectName, StoreCapabilities};

use self::fetched::Fetched;
use crate::rbd::{Cluster, Layout, MAX_OBJECT_BYTES, Pool};

/// The class by which Cinder's configuration and rows name this store.
pub const SERVICE: &str = "cinder.backup.drivers.ceph.CephBackupDriver";
/// The namespace of our objects in a pool.
const NAMESPACE: &str = "besser";

/// Objects in pools.
#[derive(Debug)]
pub struct CephStore {
    cluster: Cluster,
    pool: String,
    layout: Layout,
    fetched: Fetched,
}

impl CephStore {
    /// Backups in `cluster`, in the pool `pool` unless their requests name another. Images are laid out as `layout` says.
    /// Nobody is asked yet.
    #[must_use]
    pub fn new(cluster: Cluster, pool: String, layout: Layout) -> Self {
        Self { cluster, pool, layout, fetched: Fetched::default() }
    }

    fn pool_of(&self, object: &ObjectName) -> Pool {
        self.cluster.pool(object.container())
    }
}

/// A name may be taken for an option by nobody.
fn check(object: &ObjectName) -> Result<(), DriverError> {
    match object.name().starts_with('-') {
        true => Err(DriverError::Refused(format!("{object} cannot be the name of an object"))),
        false => Ok(()),
    }
}

impl BackupStore for CephStore {
    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities {
            service: SERVICE,
            max_object_bytes: MAX_OBJECT_BYTES,
            container_per_backup: false,
            lists_at_once: true,
        }
    }

    fn container(&self) -> Option<&str> {
        Some(&self.pool)
    }

    fn images(&self) -> Option<&dyn BackupImages> {
        Some(self)
    }

    fn check(&self) -> Result<(), DriverError> {
        self.cluster.pool(&self.pool).object_names(NAMESPACE).map(drop)
    }

    fn put(&self, object: &ObjectName, bytes: &[u8]) -> Result<(), DriverError> {
        check(object)?;
        self.fetched.forget(object);
        self.pool_of(object).put_object(NAMESPACE, object.name(), bytes)
    }

    fn get(&self, object: &ObjectName, most_bytes: u64) -> Result<Vec<u8>, DriverError> {
        check(object)?;
        let bytes = self.pool_of(object).get_object(NAMESPACE, object.name())?.read()?;
        if bytes.len() as u64 > most_bytes {
            let why = format!("{object} has {} bytes, more than {most_bytes}", bytes.len());
            return Err(DriverError::Refused(why));
        }
        Ok(bytes)
    }

    fn get_range(
        &self,
        object: &ObjectName,
        offset_bytes: u64,
        buffer: &mut [u8],
    ) -> Result<usize, DriverError> {
        check(object)?;
        let fetch = || self.pool_of(object).get_object(NAMESPACE, object.name());
        self.fetched.read(object, fetch, offset_bytes, buffer)
    }

    fn list(&self, container: &str, prefix: &str) -> Result<Vec<FoundObject>, DriverError> {
        let mut names = match self.cluster.pool(container).object_names(NAMESPACE) {
            Err(DriverError::Missing { .. }) => return Ok(Vec::new()),
            names => names?,
        };
        names.retain(|name| name.starts_with(prefix));
        names.sort_unstable();
        Ok(names.into_iter().map(|name| FoundObject { name, size_bytes: None }).collect())
    }

    fn object_bytes(&self, object: &ObjectName) -> Result<u64, DriverError> {
        check(object)?;
        self.pool_of(object).object_bytes(NAMESPACE, object.name())
    }

    fn remove(&self, object: &ObjectName) -> Result<(), DriverError> {
        check(object)?;
        self.fetched.forget(object);
        self.pool_of(object).remove_object(NAMESPACE, object.name())
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        // An object is put in one operation of the cluster: there is nothing unfinished.
        Ok(0)
    }
}
