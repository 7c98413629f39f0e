//! A driver under test, and what the checks need beside it.

use std::io;
use std::path::Path;

use model::{GIB, SnapshotId, VolumeId};

use crate::volume::{Access, SnapshotRef, VolumeDriver, VolumeRef};

/// A fresh, empty backend of the driver under test, and the means to look behind it.
///
/// The bytes of volumes are reached through [`VolumeDriver::open_volume`]; the subject of a driver that cannot open
/// volumes in that way brings its own means.
pub trait Subject {
    /// The driver.
    fn driver(&self) -> &dyn VolumeDriver;

    /// The same backend as a new process would have it.
    fn driver_of_next_process(&self) -> Box<dyn VolumeDriver>;

    /// How many bytes of a volume stand for one GiB of its size: 2^30 but for a simulation. At least 64 KiB.
    fn gib_bytes(&self) -> u64 {
        GIB
    }

    /// The directory where the driver keeps files, when it does.
    fn directory(&self) -> Option<&Path> {
        None
    }

    /// Leaves what a call leaves that was killed while it made `volume`; says whether there can be such a thing.
    ///
    /// # Errors
    /// It could not be left there.
    fn leave_unfinished(&self, volume: VolumeId) -> io::Result<bool> {
        let Some(directory) = self.directory() else { return Ok(false) };
        std::fs::write(directory.join(format!(".unfinished-volume-{volume}")), b"half")?;
        Ok(true)
    }

    /// Writes to a volume.
    ///
    /// # Errors
    /// It could not be written.
    fn write_at(&self, volume: &VolumeRef, bytes: &[u8], offset: u64) -> io::Result<()> {
        let file = self.driver().open_volume(volume, Access::Write).map_err(io::Error::other)?;
        file.write_at(bytes, offset)
    }

    /// Reads `len` bytes of a volume.
    ///
    /// # Errors
    /// It could not be read, or ends earlier.
    fn read_at(&self, volume: &VolumeRef, len: usize, offset: u64) -> io::Result<Vec<u8>> {
        let file = self.driver().open_volume(volume, Access::Read).map_err(io::Error::other)?;
        let mut bytes = vec![0xa5; len];
        file.read_at(&mut bytes, offset)?;
        Ok(bytes)
    }

    /// The size of a volume in bytes.
    ///
    /// # Errors
    /// It could not be asked.
    fn len(&self, volume: &VolumeRef) -> io::Result<u64> {
        let file = self.driver().open_volume(volume, Access::Read).map_err(io::Error::other)?;
        Ok(file.size_bytes())
    }
}

/// A new volume of `size_gib` that is nowhere yet.
pub(super) fn volume(size_gib: u64) -> VolumeRef {
    VolumeRef::new(VolumeId::random(), size_gib)
}

/// A new snapshot of `volume` that is nowhere yet.
pub(super) fn snapshot(volume: &VolumeRef) -> SnapshotRef {
    SnapshotRef { id: SnapshotId::random(), volume: volume.clone(), provider_location: None }
}
