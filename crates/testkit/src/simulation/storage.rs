//! The storages, and a look at who touches them.

use std::path::PathBuf;
use std::sync::Arc;

use backends::volume::sim::{SimDriver, SimOptions};
use model::{Connector, VolumeId};
use ports::volume::{
    Access, BackendStats, Connection, Disk, Found, Provisioned, Provisioning, SnapshotRef, Source, VolumeRef,
};
use ports::{Capabilities, DriverError, VolumeDriver, Work};

use super::site::Site;

/// A storage that refuses what it has no room for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Storage {
    pub(super) name: &'static str,
    pub(super) gib: u64,
}

pub(super) const OWN: Storage = Storage { name: "own", gib: 30 };
pub(super) const SHARED: Storage = Storage { name: "shared", gib: 45 };
pub(super) const ALL: [Storage; 2] = [OWN, SHARED];

/// Bytes of a GiB in a file: sparse, and counted by their size only.
const GIB_BYTES: u64 = 4096;

/// The storage as `owner`, who holds claims by that name, reaches it.
pub(super) fn open(site: &Arc<Site>, storage: Storage, owner: &str) -> Arc<dyn VolumeDriver> {
    let inner = driver(site, storage);
    Arc::new(Judged { inner, site: Arc::clone(site), owner: owner.to_owned() })
}

/// What lies on a storage: volumes and the GiB of each.
pub(super) fn content(site: &Site, storage: Storage) -> Vec<Found> {
    driver(site, storage).list().expect("a storage that can be listed")
}

/// The GiB of the files on a storage.
pub(super) fn taken_gib(site: &Site, storage: Storage) -> u64 {
    let files =
        std::fs::read_dir(path(site, storage)).map(|files| files.flatten().collect()).unwrap_or_default();
    let files: Vec<std::fs::DirEntry> = files;
    let volumes = files.iter().filter(|file| file.file_name().to_string_lossy().starts_with("volume-"));
    volumes.filter_map(|file| file.metadata().ok()).map(|it| it.len() / GIB_BYTES).sum()
}

fn path(site: &Site, storage: Storage) -> PathBuf {
    site.directory.path().join(storage.name)
}

fn driver(site: &Site, storage: Storage) -> SimDriver {
    let plain = SimOptions::new(path(site, storage));
    let provisioning = Provisioning::Thick;
    SimDriver::new(SimOptions {
        total_capacity_gib: storage.gib,
        gib_bytes: GIB_BYTES,
        provisioning,
        ..plain
    })
}

/// A driver that notes who changes a volume without holding the claim on what changes it.
struct Judged {
    inner: SimDriver,
    site: Arc<Site>,
    owner: String,
}

impl Judged {
    fn judge(&self, call: &str, id: VolumeId, work: &Work) {
        if work.is_unwanted() {
            return;
        }
        self.site.happened(call);
        self.site.trace(|| format!("  {call} of {id} by {}", self.owner));
        let (key, now) = (format!("volume/{id}"), self.site.now());
        let pending = self.site.look(|conn| store::operations::list(conn, false, usize::from(u16::MAX)));
        // One that waits for its turn may be claimed beside the one that has it.
        let claims: Vec<_> =
            pending.into_iter().filter(|it| it.resource == key && it.owner.is_some()).collect();
        if !claims.iter().any(|it| it.owner.as_ref() == Some(&self.owner) && it.lease_until >= now) {
            let claims: Vec<_> = claims.iter().map(|it| (&it.owner, it.lease_until.since(now))).collect();
            self.site
                .wrong(&format!("{call} of {key} by {}, while the claims on it are {claims:?}", self.owner));
        }
    }

    fn note<T>(&self, answer: Result<T, DriverError>) -> Result<T, DriverError> {
        if let Err(error @ DriverError::NoSpace { .. }) = &answer {
            self.site.wrong(&format!("the storage was promised more than it has: {error}"));
        }
        answer
    }
}

impl VolumeDriver for Judged {
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
        self.judge("ensure_volume", volume.id, work);
        self.note(self.inner.ensure_volume(work, volume, source))
    }

    fn remove_volume(&self, work: &Work, volume: &VolumeRef) -> Result<(), DriverError> {
        self.judge("remove_volume", volume.id, work);
        self.inner.remove_volume(work, volume)
    }

    fn extend_volume(&self, work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError> {
        self.judge("extend_volume", volume.id, work);
        self.note(self.inner.extend_volume(work, volume))
    }

    fn ensure_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<Provisioned, DriverError> {
        self.inner.ensure_snapshot(work, snapshot)
    }

    fn remove_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<(), DriverError> {
        self.inner.remove_snapshot(work, snapshot)
    }

    fn revert_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        snapshot: &SnapshotRef,
    ) -> Result<Provisioned, DriverError> {
        self.inner.revert_volume(work, volume, snapshot)
    }

    fn open_volume(&self, volume: &VolumeRef, access: Access) -> Result<Box<dyn Disk>, DriverError> {
        self.inner.open_volume(volume, access)
    }

    fn open_snapshot(&self, snapshot: &SnapshotRef) -> Result<Box<dyn Disk>, DriverError> {
        self.inner.open_snapshot(snapshot)
    }

    fn connect(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: &Connector,
        access: Access,
    ) -> Result<Connection, DriverError> {
        self.inner.connect(work, volume, connector, access)
    }

    fn disconnect(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: Option<&Connector>,
    ) -> Result<(), DriverError> {
        self.inner.disconnect(work, volume, connector)
    }

    fn list(&self) -> Result<Vec<Found>, DriverError> {
        self.inner.list()
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        self.inner.sweep()
    }
}
