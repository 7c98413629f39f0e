//! A layer around a driver that notices when the promise of the port is broken: calls that change one volume, or one
//! snapshot, never run at the same time. It can also keep the answer back for a while.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::BackendOptions;
use model::Connector;
use ports::volume::{
    Access, BackendStats, Bases, Changes, Connection, Disk, Found, Here, Manage, Moment, Provisioned,
    Replication, SnapshotRef, Source, VolumeRef,
};
use ports::{Capabilities, DriverError, VolumeDriver, Work};

/// What was noticed. Cheap to clone; clones share everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overlaps {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    busy: HashSet<String>,
    noticed: Vec<String>,
}

impl Overlaps {
    /// Everything that was called while another call for the same thing ran.
    pub(crate) fn noticed(&self) -> Vec<String> {
        self.state().noticed.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that runs.
pub(crate) struct Running<'a> {
    overlaps: &'a Overlaps,
    thing: String,
    answers_after: Duration,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        std::thread::sleep(self.answers_after);
        self.overlaps.state().busy.remove(&self.thing);
    }
}

/// A driver that is watched.
#[derive(Debug)]
pub struct Watched<D> {
    pub(crate) inner: D,
    overlaps: Overlaps,
    answers_after: Duration,
    keeps_bases: bool,
}

impl<D> Watched<D> {
    pub(crate) fn new(inner: D, overlaps: Overlaps, plan: &BackendOptions) -> Self {
        let (answers_after, keeps_bases) = (plan.answers_after, !plan.baseless);
        Self { inner, overlaps, answers_after, keeps_bases }
    }

    pub(crate) fn begin(&self, call: &str, thing: String) -> Running<'_> {
        let mut state = self.overlaps.state();
        if !state.busy.insert(thing.clone()) {
            state.noticed.push(format!("{call} of {thing} while another call for it ran"));
        }
        Running { overlaps: &self.overlaps, thing, answers_after: self.answers_after }
    }
}

impl<D: VolumeDriver> VolumeDriver for Watched<D> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn check(&self) -> Result<(), DriverError> {
        self.inner.check()
    }

    fn stats(&self) -> Result<BackendStats, DriverError> {
        self.inner.stats()
    }

    fn ensure_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        source: Option<&Source>,
    ) -> Result<Provisioned, DriverError> {
        let _running = self.begin("ensure_volume", volume.id.to_string());
        self.inner.ensure_volume(work, volume, source)
    }

    fn remove_volume(&self, work: &Work, volume: &VolumeRef) -> Result<(), DriverError> {
        let _running = self.begin("remove_volume", volume.id.to_string());
        self.inner.remove_volume(work, volume)
    }

    fn extend_volume(&self, work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError> {
        let _running = self.begin("extend_volume", volume.id.to_string());
        self.inner.extend_volume(work, volume)
    }

    fn is_grown_by_host(&self, volume: &VolumeRef) -> bool {
        self.inner.is_grown_by_host(volume)
    }

    fn ensure_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<Provisioned, DriverError> {
        let _running = self.begin("ensure_snapshot", snapshot.id.to_string());
        self.inner.ensure_snapshot(work, snapshot)
    }

    fn remove_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<(), DriverError> {
        let _running = self.begin("remove_snapshot", snapshot.id.to_string());
        self.inner.remove_snapshot(work, snapshot)
    }

    fn revert_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        snapshot: &SnapshotRef,
    ) -> Result<Provisioned, DriverError> {
        let _running = self.begin("revert_volume", volume.id.to_string());
        self.inner.revert_volume(work, volume, snapshot)
    }

    fn open_snapshot(&self, snapshot: &SnapshotRef) -> Result<Box<dyn Disk>, DriverError> {
        self.inner.open_snapshot(snapshot)
    }

    fn here(&self, volume: &VolumeRef) -> Result<Option<Here>, DriverError> {
        self.inner.here(volume)
    }

    fn open_volume(&self, volume: &VolumeRef, access: Access) -> Result<Box<dyn Disk>, DriverError> {
        self.inner.open_volume(volume, access)
    }

    fn changed_since(
        &self,
        work: &Work,
        before: &SnapshotRef,
        now: &Moment,
    ) -> Result<Option<Changes>, DriverError> {
        self.inner.changed_since(work, before, now)
    }

    fn connect(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: &Connector,
        access: Access,
    ) -> Result<Connection, DriverError> {
        let _running = self.begin("connect", volume.id.to_string());
        self.inner.connect(work, volume, connector, access)
    }

    fn offer(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: &Connector,
    ) -> Result<Connection, DriverError> {
        let _running = self.begin("offer", volume.id.to_string());
        self.inner.offer(work, volume, connector)
    }

    fn disconnect(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: Option<&Connector>,
    ) -> Result<(), DriverError> {
        let _running = self.begin("disconnect", volume.id.to_string());
        self.inner.disconnect(work, volume, connector)
    }

    fn export_life(&self) -> Result<Option<String>, DriverError> {
        self.inner.export_life()
    }

    fn list(&self) -> Result<Vec<Found>, DriverError> {
        self.inner.list()
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        self.inner.sweep()
    }

    fn manage(&self) -> Option<&dyn Manage> {
        self.inner.manage().is_some().then_some(self)
    }

    fn bases(&self) -> Option<&dyn Bases> {
        (self.keeps_bases && self.inner.bases().is_some()).then_some(self)
    }

    fn replication(&self) -> Option<&dyn Replication> {
        self.inner.replication().is_some().then_some(self)
    }
}
