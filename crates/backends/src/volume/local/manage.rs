//! Taking over files of the directory: raw ones, and qcow2 ones that stand on nothing.

use model::GIB;
use ports::volume::{Access, Provisioned, Reference, SnapshotRef, VolumeRef};
use ports::{DriverError, Work};

use super::{LocalFileDriver, noted, noted_of};
use crate::volume::files::{
    Directory, Exclusive, FileName, PlainName, TakesOver, bytes_of, existing, length, manage_files, whole_gib,
};

impl TakesOver for LocalFileDriver {
    fn files(&self) -> Result<&Directory, DriverError> {
        self.directory()
    }

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

    /// A file that is let go stands on nothing: nobody would keep its base.
    fn make_independent(&self, volume: &VolumeRef) -> Result<(), DriverError> {
        self.flatten(&Work::new(), FileName::volume(volume.id), noted(volume)).map(drop)
    }

    fn make_snapshot_independent(&self, snapshot: &SnapshotRef) -> Result<(), DriverError> {
        self.flatten(&Work::new(), FileName::snapshot(snapshot.id), noted_of(snapshot)).map(drop)
    }
}

manage_files!(LocalFileDriver);

#[cfg(test)]
mod tests;
