//! Taking over files that lie in the directory under other names.
//!
//! The reference is `source-name`, the name of a plain file right in `mount_point`. Taking over renames it; letting go
//! leaves it where it is, by our name, under which it can be taken over again.

use model::GIB;
use ports::volume::{Access, Existing, Manage, Named, Provisioned, Reference, SnapshotRef, VolumeRef};
use ports::{DriverError, Work};

use super::{LocalFileDriver, noted, noted_of};
use crate::volume::files::{
    Directory, Exclusive, FileName, PlainName, bytes_of, existing, length, whole_gib,
};

impl LocalFileDriver {
    fn measure(&self, directory: &Directory, name: &PlainName) -> Result<u64, DriverError> {
        let file = directory.open_stranger(name, Access::Write)?;
        if length(directory, name, &file)? == 0 {
            return Err(DriverError::Refused(format!("{name} is empty")));
        }
        let bytes = self.format.virtual_bytes_of_stranger(directory, name, &file)?;
        whole_gib(bytes, GIB)
    }

    fn adopt(
        &self,
        work: &Work,
        name: FileName,
        reference: &Reference,
        size_gib: u64,
    ) -> Result<Provisioned, DriverError> {
        let (directory, from) = (self.directory()?, PlainName::of(reference)?);
        let bytes = bytes_of(size_gib, GIB)?;
        if directory.open_file(name, Access::Read)?.is_none() {
            self.measure(directory, &from)?;
            let file = directory.open_stranger(&from, Access::Write)?;
            // Nobody who has it open would learn of its new name.
            drop(Exclusive::of(directory, &from, &file)?);
        }
        directory.take_in(&from, name)?;
        let file = existing(directory, name, Access::Write)?;
        self.complete(work, name, &file, bytes)
    }

    fn hand_back(&self, name: FileName, reference: &Reference) -> Result<(), DriverError> {
        // What never could be taken over needs not be given back.
        let Ok(to) = PlainName::of(reference) else { return Ok(()) };
        self.directory()?.hand_out(name, &to)
    }
}

impl Manage for LocalFileDriver {
    fn volumes(&self) -> Result<Vec<Named>, DriverError> {
        self.directory()?.volumes_by_name()
    }

    fn snapshots(&self) -> Result<Vec<Named>, DriverError> {
        self.directory()?.snapshots_by_name()
    }

    fn look_at(&self, reference: &Reference) -> Result<Existing, DriverError> {
        let name = PlainName::of(reference)?;
        let (size_gib, unsafe_because) = match self.measure(self.directory()?, &name) {
            Ok(size_gib) => (size_gib, None),
            // What is wrong with it is told, and is no failure of the look.
            Err(DriverError::Refused(why) | DriverError::Unsupported(why)) => (0, Some(why)),
            Err(error) => return Err(error),
        };
        Ok(Existing { size_gib, ours: name.ours(), unsafe_because })
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

    /// A file that is let go stands on nothing: nobody would keep its base.
    fn release_volume(&self, volume: &VolumeRef) -> Result<(), DriverError> {
        self.flatten(&Work::new(), FileName::volume(volume.id), noted(volume))?;
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

    fn release_snapshot(&self, snapshot: &SnapshotRef) -> Result<(), DriverError> {
        self.flatten(&Work::new(), FileName::snapshot(snapshot.id), noted_of(snapshot))?;
        self.directory()?.sync()
    }
}

#[cfg(test)]
mod tests;
