//! Taking over files of the directory, as the driver `local` does.

use ports::volume::{Access, Existing, Manage, Named, Provisioned, Reference, SnapshotRef, VolumeRef};
use ports::{DriverError, Work};

use super::{SimDriver, provisioned};
use crate::volume::files::{FileName, PlainName, existing, length, whole_gib};

impl SimDriver {
    fn adopt(
        &self,
        work: &Work,
        name: FileName,
        reference: &Reference,
        size_gib: u64,
    ) -> Result<Provisioned, DriverError> {
        let (directory, from) = (self.directory()?, PlainName::of(reference)?);
        let bytes = self.bytes_of(size_gib)?;
        let fails = self.begin(work)?;
        if directory.open_file(name, Access::Read)?.is_none() {
            let file = directory.open_stranger(&from, Access::Read)?;
            whole_gib(length(directory, &from, &file)?, self.options.gib_bytes)?;
        }
        directory.take_in(&from, name)?;
        self.half_way("sim.adopt.half_way", fails)?;
        let file = existing(directory, name, Access::Write)?;
        if length(directory, name, &file)? < bytes {
            file.set_len(bytes).map_err(directory.failure("growing", name, bytes))?;
        }
        Ok(provisioned(name))
    }

    fn hand_back(&self, name: FileName, reference: &Reference) -> Result<(), DriverError> {
        // What never could be taken over needs not be given back.
        let Ok(to) = PlainName::of(reference) else { return Ok(()) };
        self.directory()?.hand_out(name, &to)
    }
}

impl Manage for SimDriver {
    fn volumes(&self) -> Result<Vec<Named>, DriverError> {
        self.directory()?.volumes_by_name()
    }

    fn snapshots(&self) -> Result<Vec<Named>, DriverError> {
        self.directory()?.snapshots_by_name()
    }

    fn look_at(&self, reference: &Reference) -> Result<Existing, DriverError> {
        let (directory, name) = (self.directory()?, PlainName::of(reference)?);
        let file = directory.open_stranger(&name, Access::Read)?;
        let size_gib = whole_gib(length(directory, &name, &file)?, self.options.gib_bytes);
        let unsafe_because = size_gib.as_ref().err().map(DriverError::chain);
        Ok(Existing { size_gib: size_gib.unwrap_or(0), ours: name.ours(), unsafe_because })
    }

    fn adopt_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        reference: &Reference,
    ) -> Result<Provisioned, DriverError> {
        self.adopt(work, FileName::volume(volume.id), reference, volume.size_gib)
    }

    fn hand_back_volume(&self, volume: &VolumeRef, reference: &Reference) -> Result<(), DriverError> {
        self.hand_back(FileName::volume(volume.id), reference)
    }

    fn release_volume(&self, _volume: &VolumeRef) -> Result<(), DriverError> {
        self.directory()?.sync()
    }

    fn adopt_snapshot(
        &self,
        work: &Work,
        snapshot: &SnapshotRef,
        reference: &Reference,
    ) -> Result<Provisioned, DriverError> {
        self.adopt(work, FileName::snapshot(snapshot.id), reference, snapshot.volume.size_gib)
    }

    fn hand_back_snapshot(&self, snapshot: &SnapshotRef, reference: &Reference) -> Result<(), DriverError> {
        self.hand_back(FileName::snapshot(snapshot.id), reference)
    }

    fn release_snapshot(&self, _snapshot: &SnapshotRef) -> Result<(), DriverError> {
        self.directory()?.sync()
    }
}
