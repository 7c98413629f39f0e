//! Taking over files that lie in the directory under other names, for the drivers that keep files.
//!
//! The reference is `source-name`, the name of a plain file right in the directory. Taking over renames it; letting go
//! leaves it where it is, by our name, under which it can be taken over again.

use ports::volume::{Existing, Provisioned, Reference, SnapshotRef, VolumeRef};
use ports::{DriverError, Work};

use super::{Directory, FileName, PlainName};

/// A driver whose volumes are files of one directory.
pub(crate) trait TakesOver {
    /// The directory.
    fn files(&self) -> Result<&Directory, DriverError>;

    /// The size in GiB of somebody's file, once it was looked into.
    fn measure(&self, directory: &Directory, name: &PlainName) -> Result<u64, DriverError>;

    /// Gives the file that `reference` names our name and the size of `size_gib`.
    fn adopt(
        &self,
        work: &Work,
        name: FileName,
        reference: &Reference,
        size_gib: u64,
    ) -> Result<Provisioned, DriverError>;

    /// Sees to it that the file of a volume needs nothing of ours.
    fn make_independent(&self, _volume: &VolumeRef) -> Result<(), DriverError> {
        Ok(())
    }

    /// The same of a snapshot.
    fn make_snapshot_independent(&self, _snapshot: &SnapshotRef) -> Result<(), DriverError> {
        Ok(())
    }

    /// What is told of somebody's file.
    fn look(&self, reference: &Reference) -> Result<Existing, DriverError> {
        let name = PlainName::of(reference)?;
        let (size_gib, unsafe_because) = match self.measure(self.files()?, &name) {
            Ok(size_gib) => (size_gib, None),
            // What is wrong with it is told, and is no failure of the look.
            Err(DriverError::Refused(why) | DriverError::Unsupported(why)) => (0, Some(why)),
            Err(error) => return Err(error),
        };
        Ok(Existing { size_gib, ours: name.ours(), unsafe_because })
    }

    /// Gives a file its old name back.
    fn hand_back(&self, name: FileName, reference: &Reference) -> Result<(), DriverError> {
        // What never could be taken over needs not be given back.
        let Ok(to) = PlainName::of(reference) else { return Ok(()) };
        self.files()?.hand_out(name, &to)
    }
}

/// Makes a [`TakesOver`] the [`ports::volume::Manage`] that it is.
macro_rules! manage_files {
    ($driver:ty) => {
        impl ports::volume::Manage for $driver {
            fn volumes(&self) -> Result<Vec<ports::volume::Named>, ports::DriverError> {
                self.files()?.volumes_by_name()
            }

            fn snapshots(&self) -> Result<Vec<ports::volume::Named>, ports::DriverError> {
                self.files()?.snapshots_by_name()
            }

            fn look_at(
                &self,
                reference: &ports::volume::Reference,
            ) -> Result<ports::volume::Existing, ports::DriverError> {
                self.look(reference)
            }

            fn adopt_volume(
                &self,
                work: &ports::Work,
                volume: &ports::volume::VolumeRef,
                reference: &ports::volume::Reference,
            ) -> Result<ports::volume::Provisioned, ports::DriverError> {
                self.adopt(
                    work,
                    $crate::volume::files::FileName::volume(volume.id),
                    reference,
                    volume.size_gib,
                )
            }

            fn hand_back_volume(
                &self,
                volume: &ports::volume::VolumeRef,
                reference: &ports::volume::Reference,
            ) -> Result<(), ports::DriverError> {
                self.hand_back($crate::volume::files::FileName::volume(volume.id), reference)
            }

            fn release_volume(&self, volume: &ports::volume::VolumeRef) -> Result<(), ports::DriverError> {
                self.make_independent(volume)?;
                self.files()?.sync()
            }

            fn adopt_snapshot(
                &self,
                work: &ports::Work,
                snapshot: &ports::volume::SnapshotRef,
                reference: &ports::volume::Reference,
            ) -> Result<ports::volume::Provisioned, ports::DriverError> {
                let name = $crate::volume::files::FileName::snapshot(snapshot.id);
                self.adopt(work, name, reference, snapshot.volume.size_gib)
            }

            fn hand_back_snapshot(
                &self,
                snapshot: &ports::volume::SnapshotRef,
                reference: &ports::volume::Reference,
            ) -> Result<(), ports::DriverError> {
                self.hand_back($crate::volume::files::FileName::snapshot(snapshot.id), reference)
            }

            fn release_snapshot(
                &self,
                snapshot: &ports::volume::SnapshotRef,
            ) -> Result<(), ports::DriverError> {
                self.make_snapshot_independent(snapshot)?;
                self.files()?.sync()
            }
        }
    };
}

pub(crate) use manage_files;
