//! Backups as RBD images, where Cinder's driver keeps them.

use ports::DriverError;
use ports::backup::BackupImages;
use ports::volume::{Access, Disk};

use super::CephStore;

/// Cinder's notes lie in no namespace.
const NOTES: &str = "";

impl BackupImages for CephStore {
    fn ensure(&self, container: &str, image: &str, size_bytes: u64) -> Result<(), DriverError> {
        self.cluster.pool(container).ensure_image(image, size_bytes, &self.layout)
    }

    fn open(
        &self,
        container: &str,
        image: &str,
        snapshot: Option<&str>,
        access: Access,
    ) -> Result<Box<dyn Disk>, DriverError> {
        self.cluster.pool(container).open_image(image, snapshot, access)
    }

    fn names(&self, container: &str) -> Result<Vec<String>, DriverError> {
        self.cluster.pool(container).image_names()
    }

    fn snapshots(&self, container: &str, image: &str) -> Result<Vec<String>, DriverError> {
        let snapshots = self.cluster.pool(container).snapshots(image)?;
        Ok(snapshots.into_iter().map(|snapshot| snapshot.name).collect())
    }

    fn remove(&self, container: &str, image: &str) -> Result<(), DriverError> {
        self.cluster.pool(container).remove_image(image)
    }

    fn put_note(&self, container: &str, name: &str, text: &[u8]) -> Result<(), DriverError> {
        self.cluster.pool(container).put_object(NOTES, name, text)
    }

    fn note(&self, container: &str, name: &str) -> Result<Option<Vec<u8>>, DriverError> {
        match self.cluster.pool(container).get_object(NOTES, name) {
            Ok(found) => found.read().map(Some),
            Err(DriverError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn remove_note(&self, container: &str, name: &str) -> Result<(), DriverError> {
        self.cluster.pool(container).remove_object(NOTES, name)
    }
}
