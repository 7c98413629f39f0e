//! The layer around a driver.

use model::Connector;

use super::Faults;
use super::faults::around;
use crate::Work;
use crate::volume::{
    Access, BackendStats, Bases, Capabilities, Changes, Connection, Disk, DriverError, Found, Here, Manage,
    Moment, Provisioned, Replication, SnapshotRef, Source, VolumeDriver, VolumeRef,
};

/// A driver with a point before and after each of its calls.
#[derive(Debug, Clone)]
pub struct Chaos<D> {
    pub(super) inner: D,
    pub(super) faults: Faults,
}

impl<D> Chaos<D> {
    /// `inner`, subject to `faults`.
    pub fn new(inner: D, faults: Faults) -> Self {
        Self { inner, faults }
    }
}

impl<D: VolumeDriver> VolumeDriver for Chaos<D> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn check(&self) -> Result<(), DriverError> {
        self.faults.ask(around!("driver", "check"), || self.inner.check())
    }

    fn stats(&self) -> Result<BackendStats, DriverError> {
        self.faults.ask(around!("driver", "stats"), || self.inner.stats())
    }

    fn ensure_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        source: Option<&Source>,
    ) -> Result<Provisioned, DriverError> {
        self.faults
            .effect(around!("driver", "ensure_volume"), || self.inner.ensure_volume(work, volume, source))
    }

    fn remove_volume(&self, work: &Work, volume: &VolumeRef) -> Result<(), DriverError> {
        self.faults.effect(around!("driver", "remove_volume"), || self.inner.remove_volume(work, volume))
    }

    fn extend_volume(&self, work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError> {
        self.faults.effect(around!("driver", "extend_volume"), || self.inner.extend_volume(work, volume))
    }

    fn is_grown_by_host(&self, volume: &VolumeRef) -> bool {
        self.inner.is_grown_by_host(volume)
    }

    fn ensure_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<Provisioned, DriverError> {
        self.faults
            .effect(around!("driver", "ensure_snapshot"), || self.inner.ensure_snapshot(work, snapshot))
    }

    fn remove_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<(), DriverError> {
        self.faults
            .effect(around!("driver", "remove_snapshot"), || self.inner.remove_snapshot(work, snapshot))
    }

    fn revert_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        snapshot: &SnapshotRef,
    ) -> Result<Provisioned, DriverError> {
        self.faults
            .effect(around!("driver", "revert_volume"), || self.inner.revert_volume(work, volume, snapshot))
    }

    fn open_snapshot(&self, snapshot: &SnapshotRef) -> Result<Box<dyn Disk>, DriverError> {
        self.faults.ask(around!("driver", "open_snapshot"), || self.inner.open_snapshot(snapshot))
    }

    fn here(&self, volume: &VolumeRef) -> Result<Option<Here>, DriverError> {
        self.faults.ask(around!("driver", "here"), || self.inner.here(volume))
    }

    fn open_volume(&self, volume: &VolumeRef, access: Access) -> Result<Box<dyn Disk>, DriverError> {
        self.faults.ask(around!("driver", "open_volume"), || self.inner.open_volume(volume, access))
    }

    fn changed_since(
        &self,
        work: &Work,
        before: &SnapshotRef,
        now: &Moment,
    ) -> Result<Option<Changes>, DriverError> {
        self.faults.ask(around!("driver", "changed_since"), || self.inner.changed_since(work, before, now))
    }

    fn connect(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: &Connector,
        access: Access,
    ) -> Result<Connection, DriverError> {
        self.faults
            .effect(around!("driver", "connect"), || self.inner.connect(work, volume, connector, access))
    }

    fn offer(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: &Connector,
    ) -> Result<Connection, DriverError> {
        self.faults.effect(around!("driver", "offer"), || self.inner.offer(work, volume, connector))
    }

    fn disconnect(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: Option<&Connector>,
    ) -> Result<(), DriverError> {
        self.faults.effect(around!("driver", "disconnect"), || self.inner.disconnect(work, volume, connector))
    }

    /// Asked from time to time and not by an operation, so that it is no point.
    fn export_life(&self) -> Result<Option<String>, DriverError> {
        self.inner.export_life()
    }

    fn list(&self) -> Result<Vec<Found>, DriverError> {
        self.faults.ask(around!("driver", "list"), || self.inner.list())
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        self.faults.ask(around!("driver", "sweep"), || self.inner.sweep())
    }

    fn manage(&self) -> Option<&dyn Manage> {
        self.inner.manage().is_some().then_some(self)
    }

    fn bases(&self) -> Option<&dyn Bases> {
        self.inner.bases().is_some().then_some(self)
    }

    fn replication(&self) -> Option<&dyn Replication> {
        self.inner.replication().is_some().then_some(self)
    }
}
