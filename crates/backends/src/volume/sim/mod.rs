//! The driver `sim`: volumes without storage, for tests of everything above a driver.
//!
//! It keeps sparse files in a plain directory, so what a killed process had made is there for the next one. Capacity
//! is whatever the options say, and calls can be slow or fail half way.

mod account;
mod bases;
mod exports;
mod initiator;
mod manage;
mod options;
mod replication;
mod table;

pub use initiator::SimInitiator;
pub use options::{Account, SimOptions};

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use model::{BaseId, Connector};
use ports::chaos::Faults;
use ports::volume::bases::{location_on, of_location};
use ports::volume::{
    Access, BackendStats, Bases, Capabilities, CapacityGib, Changes, Connection, Disk, Found, Here, Manage,
    Moment, PoolStats, Provisioned, Provisioning, Replication, SnapshotRef, Source, VolumeRef,
};
use ports::{DriverError, VolumeDriver, Work};
use serde_json::{Map, Value};

use super::files::{
    Directory, Entry, FileName, bytes_of, copy_sparse, disk, existing, length, local_connection,
};

/// A simulated backend.
#[derive(Debug)]
pub struct SimDriver {
    options: SimOptions,
    directory: OnceLock<Directory>,
    effects: AtomicU64,
    promises: Mutex<()>,
    faults: Option<Faults>,
}

impl SimDriver {
    /// A backend as `options` say. Nothing is touched before the first call.
    #[must_use]
    pub fn new(options: SimOptions) -> Self {
        Self {
            options,
            directory: OnceLock::new(),
            effects: AtomicU64::new(0),
            promises: Mutex::new(()),
            faults: None,
        }
    }

    /// The same backend with a point in the middle of each effect: `sim.make.half_way`, `sim.remove.half_way`,
    /// `sim.extend.half_way` and `sim.revert.half_way`, where a process can die and leave something half-made.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> Self {
        Self { faults: Some(faults), ..self }
    }

    fn directory(&self) -> Result<&Directory, DriverError> {
        if let Some(open) = self.directory.get() {
            return Ok(open);
        }
        let opened = Directory::open(&self.options.directory)?;
        Ok(self.directory.get_or_init(|| opened))
    }

    fn bytes_of(&self, size_gib: u64) -> Result<u64, DriverError> {
        bytes_of(size_gib, self.options.gib_bytes)
    }

    /// Begins an effect: takes its time, and says whether it is one of those that stop half way.
    fn begin(&self, work: &Work) -> Result<bool, DriverError> {
        let number = self.effects.fetch_add(1, Ordering::Relaxed) + 1;
        thread::sleep(self.options.delay);
        work.advance(0)?;
        Ok(self.options.fail_every.is_some_and(|every| number.is_multiple_of(every.get())))
    }

    /// Passes the middle of an effect.
    fn half_way(&self, point: &'static str, fails: bool) -> Result<(), DriverError> {
        if let Some(faults) = &self.faults {
            faults.point(point)?;
        }
        if fails {
            let told = io::Error::other("told to");
            return Err(DriverError::io("the simulated backend stopped half way")(told));
        }
        Ok(())
    }

    /// Fills a file under its unfinished name and publishes it, or stops half way.
    fn make(
        &self,
        work: &Work,
        name: FileName,
        from: Option<FileName>,
        bytes: u64,
    ) -> Result<(), DriverError> {
        let directory = self.directory()?;
        let fails = self.begin(work)?;
        if directory.open_file(name, Access::Read)?.is_some() {
            return Ok(());
        }
        let source = from.map(|from| existing(directory, from, Access::Read)).transpose()?;
        if let Some(source) = &source {
            must_fit(directory, name, source, bytes)?;
        }
        let file = self.reserve(directory, name, bytes)?;
        self.half_way("sim.make.half_way", fails)?;
        if let Some(source) = source {
            copy_sparse(&source, &file, work).map_err(directory.stopped("copying", name, bytes))?;
        }
        // Not while another call counts: a name that changes under a reader of the directory can be missed.
        let _one_by_one = self.one_by_one();
        directory.publish(name)
    }

    /// Fills a copy of `from` and puts it in the place of `name`, or stops half way.
    fn replace(&self, work: &Work, from: FileName, name: FileName, bytes: u64) -> Result<(), DriverError> {
        let directory = self.directory()?;
        let fails = self.begin(work)?;
        let source = existing(directory, from, Access::Read)?;
        existing(directory, name, Access::Write)?;
        must_fit(directory, name, &source, bytes)?;
        // It takes the place of what is there, so no further bytes are promised.
        let file = directory.create_anew(name.unfinished())?;
        let filled = file
            .set_len(bytes)
            .map_err(directory.failure("sizing", name, bytes))
            .and_then(|()| self.half_way("sim.revert.half_way", fails))
            .and_then(|()| {
                copy_sparse(&source, &file, work).map_err(directory.stopped("copying", name, bytes))
            });
        if filled.is_err() && !self.faults.as_ref().is_some_and(Faults::is_crashed) {
            directory.remove(name.unfinished())?;
        }
        filled?;
        let _one_by_one = self.one_by_one();
        directory.replace(name)
    }

    fn one_by_one(&self) -> MutexGuard<'_, ()> {
        self.promises.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the unfinished file in its full size. Promises are made one after the other, so that no two take the
    /// same last bytes.
    fn reserve(&self, directory: &Directory, name: FileName, bytes: u64) -> Result<File, DriverError> {
        let _one_by_one = self.one_by_one();
        directory.remove(name.unfinished())?;
        self.promise(directory, bytes)?;
        let file = directory.create_anew(name.unfinished())?;
        file.set_len(bytes).map_err(directory.failure("sizing", name, bytes))?;
        Ok(file)
    }

    /// Whether `more_bytes` can still be promised, when promises are kept at once.
    fn promise(&self, directory: &Directory, more_bytes: u64) -> Result<(), DriverError> {
        if self.options.provisioning == Provisioning::Thin {
            return Ok(());
        }
        let (promised, _) = usage(directory)?;
        let free_bytes = self.total_bytes().saturating_sub(promised);
        if more_bytes > free_bytes {
            return Err(DriverError::NoSpace { asked_bytes: more_bytes, free_bytes });
        }
        Ok(())
    }

    fn remove(&self, work: &Work, name: FileName) -> Result<(), DriverError> {
        let directory = self.directory()?;
        let fails = self.begin(work)?;
        directory.remove(name.unfinished())?;
        self.half_way("sim.remove.half_way", fails)?;
        directory.remove(name)?;
        directory.remove_aside(name)?;
        Ok(())
    }

    fn total_bytes(&self) -> u64 {
        self.options.total_capacity_gib.saturating_mul(self.options.gib_bytes)
    }

    /// Bytes of our files as simulated GiB.
    #[allow(clippy::cast_precision_loss, reason = "a report; the loss is a byte in eight PiB")]
    fn gib(&self, bytes: u64) -> f64 {
        bytes as f64 / self.options.gib_bytes as f64
    }
}

impl VolumeDriver for SimDriver {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            vendor: "Besser",
            storage_protocol: "sim",
            provisioning: self.options.provisioning,
            multiattach: true,
            online_extend: true,
            online_snapshot: self.options.online_snapshot,
            unwritten_is_zero: true,
            shows_volumes: true,
            offers_volumes: self.options.offers_volumes,
        }
    }

    fn check(&self) -> Result<(), DriverError> {
        self.directory()?.confirm()
    }

    fn stats(&self) -> Result<BackendStats, DriverError> {
        let (promised, used) = usage(self.directory()?)?;
        let thin = self.options.provisioning == Provisioning::Thin;
        let taken = if thin { used } else { promised };
        let pool = PoolStats {
            name: self.options.pool_name.clone(),
            total: CapacityGib::Gib(self.gib(self.total_bytes())),
            free: CapacityGib::Gib(self.gib(self.total_bytes().saturating_sub(taken))),
            provisioned_gib: Some(self.gib(promised)),
            extra: Map::from_iter([
                ("thin_provisioning_support".to_owned(), Value::Bool(thin)),
                ("thick_provisioning_support".to_owned(), Value::Bool(!thin)),
            ]),
        };
        Ok(BackendStats { pools: vec![pool] })
    }

    fn ensure_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        source: Option<&Source>,
    ) -> Result<Provisioned, DriverError> {
        let from = source.map(|source| match source {
            Source::Snapshot(snapshot) => FileName::snapshot(snapshot.id),
            Source::Volume(volume) => FileName::volume(volume.id),
            Source::Base(base) => FileName::base(base.id),
        });
        let stands_on = match source {
            Some(Source::Snapshot(snapshot)) => of_location(snapshot.provider_location.as_deref()),
            Some(Source::Volume(volume)) => of_location(volume.provider_location.as_deref()),
            Some(Source::Base(base)) => Some(base.id),
            None => of_location(volume.provider_location.as_deref()),
        };
        let name = FileName::volume(volume.id);
        self.make(work, name, from, self.bytes_of(volume.size_gib)?)?;
        Ok(provisioned_on(name, stands_on))
    }

    fn remove_volume(&self, work: &Work, volume: &VolumeRef) -> Result<(), DriverError> {
        if let Some(host) = exports::of(self.directory()?.path(), volume.id)?.first() {
            let what = FileName::volume(volume.id).to_string();
            return Err(DriverError::Busy { what, by: format!("{host:?}") });
        }
        self.remove(work, FileName::volume(volume.id))?;
        let _one_by_one = self.one_by_one();
        replication::forget(self.directory()?.path(), volume.id)
    }

    fn extend_volume(&self, work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError> {
        let (directory, name) = (self.directory()?, FileName::volume(volume.id));
        let bytes = self.bytes_of(volume.size_gib)?;
        let fails = self.begin(work)?;
        let file = existing(directory, name, Access::Write)?;
        let _one_by_one = self.one_by_one();
        let more_bytes = bytes.saturating_sub(length(directory, name, &file)?);
        self.promise(directory, more_bytes)?;
        self.half_way("sim.extend.half_way", fails)?;
        if more_bytes > 0 {
            file.set_len(bytes).map_err(directory.failure("growing", name, bytes))?;
        }
        Ok(provisioned_on(name, of_location(volume.provider_location.as_deref())))
    }

    fn is_grown_by_host(&self, _volume: &VolumeRef) -> bool {
        self.options.grown_by_host
    }

    fn ensure_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<Provisioned, DriverError> {
        let bytes = self.bytes_of(snapshot.volume.size_gib)?;
        let (name, from) = (FileName::snapshot(snapshot.id), FileName::volume(snapshot.volume.id));
        self.make(work, name, Some(from), bytes)?;
        Ok(provisioned_on(name, of_location(snapshot.volume.provider_location.as_deref())))
    }

    fn remove_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<(), DriverError> {
        self.remove(work, FileName::snapshot(snapshot.id))
    }

    fn revert_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        snapshot: &SnapshotRef,
    ) -> Result<Provisioned, DriverError> {
        let (from, name) = (FileName::snapshot(snapshot.id), FileName::volume(volume.id));
        self.replace(work, from, name, self.bytes_of(volume.size_gib)?)?;
        Ok(provisioned_on(name, of_location(snapshot.provider_location.as_deref())))
    }

    fn here(&self, volume: &VolumeRef) -> Result<Option<Here>, DriverError> {
        let (directory, name) = (self.directory()?, FileName::volume(volume.id));
        existing(directory, name, Access::Read)?;
        Here::of(directory.path_of(name), None).map(Some)
    }

    fn open_volume(&self, volume: &VolumeRef, access: Access) -> Result<Box<dyn Disk>, DriverError> {
        disk(existing(self.directory()?, FileName::volume(volume.id), access)?)
    }

    fn open_snapshot(&self, snapshot: &SnapshotRef) -> Result<Box<dyn Disk>, DriverError> {
        disk(existing(self.directory()?, FileName::snapshot(snapshot.id), Access::Read)?)
    }

    fn changed_since(
        &self,
        _work: &Work,
        before: &SnapshotRef,
        now: &Moment,
    ) -> Result<Option<Changes>, DriverError> {
        self.account_since(before, now)
    }

    fn connect(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: &Connector,
        access: Access,
    ) -> Result<Connection, DriverError> {
        let (directory, name) = (self.directory()?, FileName::volume(volume.id));
        connector.host().ok_or(DriverError::Connector("host"))?;
        existing(directory, name, access)?;
        let fails = self.begin(work)?;
        let _one_by_one = self.one_by_one();
        exports::add(directory.path(), volume.id, connector)?;
        self.half_way("sim.connect.half_way", fails)?;
        Ok(match self.options.offers_volumes {
            true => initiator::way_to(directory.path(), volume),
            false => local_connection(directory, name, volume),
        })
    }

    fn disconnect(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: Option<&Connector>,
    ) -> Result<(), DriverError> {
        let directory = self.directory()?;
        let fails = self.begin(work)?;
        self.half_way("sim.disconnect.half_way", fails)?;
        let _one_by_one = self.one_by_one();
        exports::remove(directory.path(), volume.id, connector)
    }

    fn list(&self) -> Result<Vec<Found>, DriverError> {
        self.directory()?.found()
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        self.directory()?.sweep()
    }

    fn manage(&self) -> Option<&dyn Manage> {
        Some(self)
    }

    fn bases(&self) -> Option<&dyn Bases> {
        Some(self)
    }

    fn replication(&self) -> Option<&dyn Replication> {
        (!self.options.replication_targets.is_empty()).then_some(self)
    }
}

fn provisioned(name: FileName) -> Provisioned {
    provisioned_on(name, None)
}

/// The simulation keeps whole copies, and says of them that they stand on what they were made from: so everything above
/// a driver is tried with bases that must stay.
fn provisioned_on(name: FileName, base: Option<BaseId>) -> Provisioned {
    Provisioned { provider_location: base.map(location_on), provider_id: Some(name.to_string()) }
}

fn must_fit(directory: &Directory, name: FileName, source: &File, bytes: u64) -> Result<(), DriverError> {
    match length(directory, name, source)? {
        source_bytes if source_bytes > bytes => {
            Err(DriverError::Refused(format!("{name} of {bytes} bytes cannot hold {source_bytes} bytes")))
        }
        _ => Ok(()),
    }
}

/// Bytes that our files promise, and bytes that they take.
fn usage(directory: &Directory) -> Result<(u64, u64), DriverError> {
    let sum = |(promised, used): (u64, u64), entry: Entry| {
        (promised.saturating_add(entry.bytes), used.saturating_add(entry.used_bytes))
    };
    Ok(directory.entries()?.into_iter().fold((0, 0), sum))
}

#[cfg(test)]
mod tests;
