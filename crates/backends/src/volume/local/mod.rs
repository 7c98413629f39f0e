//! The driver `local`: each volume is a file in a directory of this host.
//!
//! `volume-<id>` and `snapshot-<id>` lie in `mount_point`, raw or qcow2. A snapshot is a file of its own with the
//! volume's content: sharing its blocks where the file system can (XFS, Btrfs), copied where it cannot. So volumes
//! and snapshots depend on each other in nothing, and either can go first.

mod format;
mod make;
mod manage;
mod options;
mod qcow2;
mod raw;

pub use options::{ImageFormat, LocalOptions, VolumeClear};

use std::sync::OnceLock;

use model::{Connector, GIB};
use ports::volume::{
    Access, BackendStats, Capabilities, CapacityGib, Connection, Disk, Found, Manage, PoolStats, Provisioned,
    Provisioning, SnapshotRef, Source, VolumeRef,
};
use ports::{DriverError, Exec, VolumeDriver, Work};
use serde_json::{Map, Value};

use self::format::Format;
use super::files::{Directory, FileName, bytes_of, existing, gib_of, local_connection};

/// A backend of local files.
#[derive(Debug)]
pub struct LocalFileDriver {
    options: LocalOptions,
    format: Box<dyn Format>,
    directory: OnceLock<Directory>,
}

impl LocalFileDriver {
    /// A backend as `options` say, which runs QEMU's programs through `exec`. Nothing is touched before the first
    /// call.
    #[must_use]
    pub fn new(options: LocalOptions, exec: Exec) -> Self {
        let format: Box<dyn Format> = match options.image_format {
            ImageFormat::Raw => Box::new(raw::Raw { preallocate: options.preallocate }),
            ImageFormat::Qcow2 => Box::new(qcow2::Qcow2 { preallocate: options.preallocate, exec }),
        };
        Self { options, format, directory: OnceLock::new() }
    }

    /// The directory, held open from the first call on: a disk that is mounted over it later, or unmounted, is
    /// noticed instead of written beside.
    fn directory(&self) -> Result<&Directory, DriverError> {
        if let Some(open) = self.directory.get() {
            return Ok(open);
        }
        let opened = Directory::open(&self.options.mount_point)?;
        Ok(self.directory.get_or_init(|| opened))
    }

    /// Looks whether there is a place for cached images.
    fn check_image_base(&self) -> Result<(), DriverError> {
        match &self.options.image_base_path {
            Some(path) if !path.is_dir() => {
                Err(DriverError::Refused(format!("image_base_path: {} is not a directory", path.display())))
            }
            _ => Ok(()),
        }
    }
}

impl VolumeDriver for LocalFileDriver {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            vendor: "Open Source",
            storage_protocol: "file",
            provisioning: if self.options.preallocate { Provisioning::Thick } else { Provisioning::Thin },
            multiattach: self.options.image_format == ImageFormat::Raw,
            online_extend: false,
            unwritten_is_zero: true,
            online_snapshot: false,
        }
    }

    fn check(&self) -> Result<(), DriverError> {
        self.directory()?.confirm()?;
        self.check_image_base()?;
        self.format.check()
    }

    fn stats(&self) -> Result<BackendStats, DriverError> {
        let directory = self.directory()?;
        directory.confirm()?;
        let space = directory.space()?;
        let mut provisioned_bytes = 0_u64;
        for entry in directory.entries()? {
            provisioned_bytes =
                provisioned_bytes.saturating_add(self.format.provisioned_bytes(directory, &entry));
        }
        let location = format!("LocalFileDriver:{:x}:{}", space.file_system_id, directory.path().display());
        let extra = [
            ("location_info", Value::String(location)),
            ("thin_provisioning_support", Value::Bool(!self.options.preallocate)),
            ("thick_provisioning_support", Value::Bool(self.options.preallocate)),
            ("sparse_copy_volume", Value::Bool(true)),
            ("QoS_support", Value::Bool(false)),
        ];
        let pool = PoolStats {
            name: self.options.pool_name.clone(),
            total: CapacityGib::Gib(gib_of(space.total_bytes)),
            free: CapacityGib::Gib(gib_of(space.free_bytes)),
            provisioned_gib: Some(gib_of(provisioned_bytes)),
            extra: extra.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>(),
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
        });
        self.make(work, FileName::volume(volume.id), from, bytes_of(volume.size_gib, GIB)?)
    }

    fn remove_volume(&self, work: &Work, volume: &VolumeRef) -> Result<(), DriverError> {
        self.remove(work, FileName::volume(volume.id))
    }

    fn extend_volume(&self, work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError> {
        let name = FileName::volume(volume.id);
        let file = existing(self.directory()?, name, Access::Write)?;
        self.complete(work, name, &file, bytes_of(volume.size_gib, GIB)?)
    }

    fn ensure_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<Provisioned, DriverError> {
        let bytes = bytes_of(snapshot.volume.size_gib, GIB)?;
        let from = FileName::volume(snapshot.volume.id);
        self.make(work, FileName::snapshot(snapshot.id), Some(from), bytes)
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
        let bytes = bytes_of(volume.size_gib, GIB)?;
        self.revert(work, FileName::snapshot(snapshot.id), FileName::volume(volume.id), bytes)
    }

    fn open_volume(&self, volume: &VolumeRef, access: Access) -> Result<Box<dyn Disk>, DriverError> {
        self.format.open(self.directory()?, FileName::volume(volume.id), access)
    }

    fn open_snapshot(&self, snapshot: &SnapshotRef) -> Result<Box<dyn Disk>, DriverError> {
        self.format.open(self.directory()?, FileName::snapshot(snapshot.id), Access::Read)
    }

    /// Whoever runs on this host gets at the file by its path; there is nothing to export.
    fn connect(
        &self,
        _work: &Work,
        volume: &VolumeRef,
        _connector: &Connector,
        access: Access,
    ) -> Result<Connection, DriverError> {
        let (directory, name) = (self.directory()?, FileName::volume(volume.id));
        existing(directory, name, access)?;
        let mut connection = local_connection(directory, name, volume);
        let format = match self.options.image_format {
            ImageFormat::Raw => "raw",
            ImageFormat::Qcow2 => "qcow2",
        };
        connection.data.insert("format".to_owned(), Value::from(format));
        Ok(connection)
    }

    fn disconnect(
        &self,
        _work: &Work,
        _volume: &VolumeRef,
        _connector: Option<&Connector>,
    ) -> Result<(), DriverError> {
        Ok(())
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
}

#[cfg(test)]
mod tests;
