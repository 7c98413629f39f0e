//! A driver behind a pointer is a driver, so that layers can be put around one that was chosen at run time.

use std::sync::Arc;

use model::Connector;

use super::{
    Access, BackendStats, Bases, Capabilities, Changes, Connection, Disk, DriverError, Found, Here, Manage,
    Moment, Provisioned, Replication, SnapshotRef, Source, VolumeDriver, VolumeRef,
};
use crate::Work;

impl<D: VolumeDriver + ?Sized> VolumeDriver for Arc<D> {
    fn capabilities(&self) -> Capabilities {
        (**self).capabilities()
    }

    fn check(&self) -> Result<(), DriverError> {
        (**self).check()
    }

    fn stats(&self) -> Result<BackendStats, DriverError> {
        (**self).stats()
    }

    fn ensure_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        source: Option<&Source>,
    ) -> Result<Provisioned, DriverError> {
        (**self).ensure_volume(work, volume, source)
    }

    fn remove_volume(&self, work: &Work, volume: &VolumeRef) -> Result<(), DriverError> {
        (**self).remove_volume(work, volume)
    }

    fn extend_volume(&self, work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError> {
        (**self).extend_volume(work, volume)
    }

    fn is_grown_by_host(&self, volume: &VolumeRef) -> bool {
        (**self).is_grown_by_host(volume)
    }

    fn ensure_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<Provisioned, DriverError> {
        (**self).ensure_snapshot(work, snapshot)
    }

    fn remove_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<(), DriverError> {
        (**self).remove_snapshot(work, snapshot)
    }

    fn revert_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        snapshot: &SnapshotRef,
    ) -> Result<Provisioned, DriverError> {
        (**self).revert_volume(work, volume, snapshot)
    }

    fn here(&self, volume: &VolumeRef) -> Result<Option<Here>, DriverError> {
        (**self).here(volume)
    }

    fn open_volume(&self, volume: &VolumeRef, access: Access) -> Result<Box<dyn Disk>, DriverError> {
        (**self).open_volume(volume, access)
    }

    fn open_snapshot(&self, snapshot: &SnapshotRef) -> Result<Box<dyn Disk>, DriverError> {
        (**self).open_snapshot(snapshot)
    }

    fn changed_since(
        &self,
        work: &Work,
        before: &SnapshotRef,
        now: &Moment,
    ) -> Result<Option<Changes>, DriverError> {
        (**self).changed_since(work, before, now)
    }

    fn connect(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: &Connector,
        access: Access,
    ) -> Result<Connection, DriverError> {
        (**self).connect(work, volume, connector, access)
    }

    fn offer(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: &Connector,
    ) -> Result<Connection, DriverError> {
        (**self).offer(work, volume, connector)
    }

    fn disconnect(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: Option<&Connector>,
    ) -> Result<(), DriverError> {
        (**self).disconnect(work, volume, connector)
    }

    fn export_life(&self) -> Result<Option<String>, DriverError> {
        (**self).export_life()
    }

    fn list(&self) -> Result<Vec<Found>, DriverError> {
        (**self).list()
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        (**self).sweep()
    }

    fn manage(&self) -> Option<&dyn Manage> {
        (**self).manage()
    }

    fn bases(&self) -> Option<&dyn Bases> {
        (**self).bases()
    }

    fn replication(&self) -> Option<&dyn Replication> {
        (**self).replication()
    }
}
