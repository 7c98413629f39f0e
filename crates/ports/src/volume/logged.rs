//! A layer that logs each call of a driver: what, on what, how long, and the whole chain of a failure.

use std::fmt::Display;
use std::time::Instant;

use super::{
    Access, BackendStats, Bases, Capabilities, Changes, Connection, Disk, DriverError, Found, Here, Manage,
    Moment, Provisioned, Replication, SnapshotRef, Source, VolumeDriver, VolumeRef,
};
use model::Connector;

use super::connection::name_of;
use crate::Work;

/// A driver whose calls are logged: successes at `debug`, failures at `warn`.
#[derive(Debug, Clone)]
pub struct Logged<D> {
    pub(super) inner: D,
    backend: String,
}

impl<D> Logged<D> {
    /// `inner`, as the backend that the log calls `backend`.
    pub fn new(inner: D, backend: impl Into<String>) -> Self {
        Self { inner, backend: backend.into() }
    }

    pub(super) fn log<T>(
        &self,
        call: &'static str,
        subject: &dyn Display,
        run: impl FnOnce() -> Result<T, DriverError>,
    ) -> Result<T, DriverError> {
        let span = tracing::debug_span!("driver", backend = %self.backend, call, %subject).entered();
        let started = Instant::now();
        let result = run();
        let ms = started.elapsed().as_millis();
        match &result {
            Ok(_) => tracing::debug!(ms, "done"),
            Err(error) => {
                tracing::warn!(backend = %self.backend, call, %subject, ms, error = %error.chain(), "failed");
            }
        }
        drop(span);
        result
    }
}

impl<D: VolumeDriver> VolumeDriver for Logged<D> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn check(&self) -> Result<(), DriverError> {
        self.log("check", &"backend", || self.inner.check())
    }

    fn stats(&self) -> Result<BackendStats, DriverError> {
        self.log("stats", &"backend", || self.inner.stats())
    }

    fn ensure_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        source: Option<&Source>,
    ) -> Result<Provisioned, DriverError> {
        self.log("ensure_volume", &volume.id, || self.inner.ensure_volume(work, volume, source))
    }

    fn remove_volume(&self, work: &Work, volume: &VolumeRef) -> Result<(), DriverError> {
        self.log("remove_volume", &volume.id, || self.inner.remove_volume(work, volume))
    }

    fn extend_volume(&self, work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError> {
        self.log("extend_volume", &volume.id, || self.inner.extend_volume(work, volume))
    }

    fn is_grown_by_host(&self, volume: &VolumeRef) -> bool {
        self.inner.is_grown_by_host(volume)
    }

    fn ensure_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<Provisioned, DriverError> {
        self.log("ensure_snapshot", &snapshot.id, || self.inner.ensure_snapshot(work, snapshot))
    }

    fn remove_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<(), DriverError> {
        self.log("remove_snapshot", &snapshot.id, || self.inner.remove_snapshot(work, snapshot))
    }

    fn revert_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        snapshot: &SnapshotRef,
    ) -> Result<Provisioned, DriverError> {
        self.log("revert_volume", &volume.id, || self.inner.revert_volume(work, volume, snapshot))
    }

    fn open_snapshot(&self, snapshot: &SnapshotRef) -> Result<Box<dyn Disk>, DriverError> {
        self.log("open_snapshot", &snapshot.id, || self.inner.open_snapshot(snapshot))
    }

    fn here(&self, volume: &VolumeRef) -> Result<Option<Here>, DriverError> {
        self.log("here", &volume.id, || self.inner.here(volume))
    }

    fn open_volume(&self, volume: &VolumeRef, access: Access) -> Result<Box<dyn Disk>, DriverError> {
        self.log("open_volume", &volume.id, || self.inner.open_volume(volume, access))
    }

    fn changed_since(
        &self,
        work: &Work,
        before: &SnapshotRef,
        now: &Moment,
    ) -> Result<Option<Changes>, DriverError> {
        self.log("changed_since", &before.id, || self.inner.changed_since(work, before, now))
    }

    fn connect(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: &Connector,
        access: Access,
    ) -> Result<Connection, DriverError> {
        let subject = format!("{} for {}", volume.id, name_of(Some(connector)));
        self.log("connect", &subject, || self.inner.connect(work, volume, connector, access))
    }

    fn offer(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: &Connector,
    ) -> Result<Connection, DriverError> {
        let subject = format!("{} for {}", volume.id, name_of(Some(connector)));
        self.log("offer", &subject, || self.inner.offer(work, volume, connector))
    }

    fn disconnect(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: Option<&Connector>,
    ) -> Result<(), DriverError> {
        let subject = format!("{} for {}", volume.id, name_of(connector));
        self.log("disconnect", &subject, || self.inner.disconnect(work, volume, connector))
    }

    /// Asked too often to be logged.
    fn export_life(&self) -> Result<Option<String>, DriverError> {
        self.inner.export_life()
    }

    fn list(&self) -> Result<Vec<Found>, DriverError> {
        self.log("list", &"backend", || self.inner.list())
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        self.log("sweep", &"backend", || self.inner.sweep())
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
