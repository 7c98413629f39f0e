//! The port through which volumes are made: one small trait, a plain value of capabilities, typed errors.
//!
//! Every effect can be repeated. `ensure_*` makes the thing, or finds it made and says so, or finds it half-made
//! and makes it anew; `remove_*` of what is not there is a success. Names on the backend derive from identifiers,
//! so a driver needs no memory between calls.

pub mod bases;
mod capabilities;
pub mod changes;
pub mod conformance;
mod connection;
mod disk;
mod error;
mod file_disk;
pub mod here;
mod logged;
mod logged_bases;
mod logged_manage;
pub mod manage;
pub mod replication;
mod shared;
mod spec;
mod stats;
pub mod there;

pub use bases::Bases;
pub use capabilities::{Capabilities, Provisioning};
pub use changes::{Changes, Moment};
pub use connection::{Connection, Export, ProviderAuth};
pub use disk::{Disk, Extent};
pub use error::DriverError;
pub use file_disk::FileDisk;
pub use here::Here;
pub use logged::Logged;
pub use manage::{Existing, Manage, Named, Reference};
pub use replication::Replication;
pub use spec::{BaseRef, Found, FoundKind, Provisioned, SnapshotRef, Source, VolumeRef};
pub use stats::{BackendStats, CapacityGib, PoolStats};
pub use there::{Initiator, There};

use model::Connector;

use crate::Work;

/// Whether an opened volume may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading only.
    Read,
    /// Reading and writing.
    Write,
}

/// A backend that keeps volumes.
///
/// Calls for different volumes may run at the same time from several threads; calls for one volume never do.
pub trait VolumeDriver: Send + Sync {
    /// What it can do. The answer does not change while the process lives.
    fn capabilities(&self) -> Capabilities;

    /// Looks whether the backend can be used as configured, and makes what every call relies on (directories).
    ///
    /// # Errors
    /// Why it cannot be used.
    fn check(&self) -> Result<(), DriverError>;

    /// Measures the pools.
    ///
    /// # Errors
    /// The backend cannot be asked.
    fn stats(&self) -> Result<BackendStats, DriverError>;

    /// Makes `volume`, blank (reads as zeros) or with the content of `source`, grown to the volume's size.
    /// The content is durable when the call returns.
    ///
    /// # Errors
    /// It could not be made; what was made so far is found by the next call or by `remove_volume`.
    fn ensure_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        source: Option<&Source>,
    ) -> Result<Provisioned, DriverError>;

    /// Removes `volume`, wiping its data first when the backend is configured so.
    ///
    /// # Errors
    /// It is still there; [`DriverError::Busy`] when something uses it.
    fn remove_volume(&self, work: &Work, volume: &VolumeRef) -> Result<(), DriverError>;

    /// Grows `volume` to `volume.size_gib`. Already that large is a success; it never shrinks.
    ///
    /// # Errors
    /// It has its old size, or is found grown by the next call.
    fn extend_volume(&self, work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError>;

    /// Whether `volume`, while a server has it, has to be grown by the host of that server, because what is open there
    /// cannot be changed from here. [`VolumeDriver::extend_volume`] is then called once the compute service says that it
    /// has grown, and has to find it grown.
    fn is_grown_by_host(&self, _volume: &VolumeRef) -> bool {
        false
    }

    /// Makes a snapshot of `snapshot.volume`: its content at one moment between call and return.
    ///
    /// # Errors
    /// It could not be made.
    fn ensure_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<Provisioned, DriverError>;

    /// Removes a snapshot. Volumes made from it stay whole.
    ///
    /// # Errors
    /// It is still there; [`DriverError::Busy`] when something uses it.
    fn remove_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<(), DriverError>;

    /// Gives `volume` the content of `snapshot`, one of its own and of its size. Whenever the call is cut off, the
    /// volume has its old content or that of the snapshot, and never some of each.
    ///
    /// # Errors
    /// It has its old content, or is found reverted by the next call. Nothing half-made stays.
    fn revert_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        snapshot: &SnapshotRef,
    ) -> Result<Provisioned, DriverError>;

    /// Opens `volume` for the service's own reading and writing.
    ///
    /// # Errors
    /// It is not there, or cannot be opened in this way.
    fn open_volume(&self, volume: &VolumeRef, access: Access) -> Result<Box<dyn Disk>, DriverError>;

    /// Where other processes of this machine find `volume`, to read it. They keep nobody from writing: whoever has them
    /// read sees to it that nobody does, or throws away what was read. None where they find nothing, which
    /// [`Capabilities::shows_volumes`] says of all of them.
    ///
    /// # Errors
    /// It is not there, or cannot be opened now.
    fn here(&self, _volume: &VolumeRef) -> Result<Option<Here>, DriverError> {
        Ok(None)
    }

    /// Opens `snapshot` for the service's own reading.
    ///
    /// # Errors
    /// As [`VolumeDriver::open_volume`].
    fn open_snapshot(&self, snapshot: &SnapshotRef) -> Result<Box<dyn Disk>, DriverError>;

    /// Where `now` may hold something else than `before`, a snapshot of the same volume, by the storage's own account; none
    /// where it keeps none of these two. What it does not name holds the same.
    ///
    /// # Errors
    /// It cannot be asked now.
    fn changed_since(
        &self,
        _work: &Work,
        _before: &SnapshotRef,
        _now: &Moment,
    ) -> Result<Option<Changes>, DriverError> {
        Ok(None)
    }

    /// Lets the host `connector` in to `volume`, for writing too when `access` says so, and says how it gets there.
    /// Exports the volume first where that takes something. Letting in who is in already is a success, with the same
    /// answer.
    ///
    /// # Errors
    /// [`DriverError::Connector`] when the host does not say what the driver must know. In any other case the host may
    /// be in or not; the next call, or [`VolumeDriver::disconnect`], finds it.
    fn connect(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: &Connector,
        access: Access,
    ) -> Result<Connection, DriverError>;

    /// Lets the host `connector` in to read `volume` over the network, as [`VolumeDriver::connect`] does for hosts that use
    /// it, until [`VolumeDriver::disconnect`]. For whoever copies it to another machine: nobody writes to it meanwhile.
    ///
    /// # Errors
    /// As [`VolumeDriver::connect`].
    fn offer(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: &Connector,
    ) -> Result<Connection, DriverError> {
        self.connect(work, volume, connector, Access::Read)
    }

    /// Lets the host `connector` in no longer; without one, nobody, and nothing of an export is left. Whoever is not in,
    /// or a volume that is not there, is a success.
    ///
    /// # Errors
    /// It is still in.
    fn disconnect(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: Option<&Connector>,
    ) -> Result<(), DriverError>;

    /// Which life of whatever exports the volumes this is: when it has another one than before, hosts that were let in may
    /// not find them any more, and [`VolumeDriver::connect`] brings them back. None where there is nothing to be lost.
    ///
    /// # Errors
    /// Nothing is exported now.
    fn export_life(&self) -> Result<Option<String>, DriverError> {
        Ok(None)
    }

    /// Everything on the backend that carries one of our names, for the reconciler. What a concurrent call is
    /// making or removing may be in it or not.
    ///
    /// # Errors
    /// The backend cannot be asked.
    fn list(&self) -> Result<Vec<Found>, DriverError>;

    /// Removes what interrupted calls left half-made, when no call is under way but that which lets another site take
    /// over. Called once at start. Only what carries the driver's own mark of something unfinished is touched. Returns how
    /// many were removed.
    ///
    /// # Errors
    /// The backend cannot be asked.
    fn sweep(&self) -> Result<usize, DriverError>;

    /// Taking over what lies on the backend already; none where it cannot.
    fn manage(&self) -> Option<&dyn Manage> {
        None
    }

    /// Keeping bases, from which volumes are made in constant time; none where it cannot.
    fn bases(&self) -> Option<&dyn Bases> {
        None
    }

    /// Letting another site take over; none where it cannot.
    fn replication(&self) -> Option<&dyn Replication> {
        None
    }
}
