//! The driver `local`: each volume is a file in a directory of this host.
//!
//! `volume-<id>` and `snapshot-<id>` lie in `mount_point`, raw or qcow2. A snapshot is a file of its own with the
//! volume's content: sharing its blocks where the file system can (XFS, Btrfs), copied where it cannot. So volumes
//! and snapshots depend on each other in nothing, and either can go first.
//!
//! Whoever runs on this host gets at a volume by its path; hosts elsewhere over iSCSI, where a target offers the files. Those
//! in QEMU's format it offers to nobody but a machine that is to copy them, as raw copies.
//!
//! Bases lie beside them, or in `image_base_path`. A raw volume is a copy of its base, with shared blocks where the
//! file system can; a qcow2 volume stands on it, and so do its snapshots and its copies.

mod bases;
mod directories;
mod export;
mod format;
mod make;
mod manage;
mod options;
mod qcow2;
mod raw;

pub use options::{ImageFormat, LocalOptions, VolumeClear};

use std::sync::Arc;

use model::{BaseId, Connector, GIB};
use ports::volume::bases::of_location;
use ports::volume::{
    Access, BackendStats, Bases, Capabilities, CapacityGib, Connection, Disk, Found, Here, Manage, PoolStats,
    Provisioned, Provisioning, SnapshotRef, Source, VolumeRef,
};
use ports::{DriverError, Exec, VolumeDriver, Work};
use serde_json::{Map, Value};

use self::directories::Directories;
use self::format::Format;
use self::make::From;
use super::files::{Directory, FileName, bytes_of, existing, gib_of};
use super::pace::Pace;
use crate::target::Offering;

/// A backend of local files.
#[derive(Debug)]
pub struct LocalFileDriver {
    options: LocalOptions,
    format: Box<dyn Format>,
    directories: Arc<Directories>,
    pace: Option<Pace>,
    /// What offers its volumes, or raw copies of them, if anything does.
    offering: Option<Offering>,
}

impl LocalFileDriver {
    /// A backend as `options` say, which runs QEMU's programs through `exec`. Nothing is touched before the first
    /// call.
    #[must_use]
    pub fn new(options: LocalOptions, exec: Exec) -> Self {
        let directories = Arc::new(Directories::new(&options));
        let preallocate = options.preallocate;
        let format: Box<dyn Format> = match options.image_format {
            ImageFormat::Raw => Box::new(raw::Raw { preallocate }),
            ImageFormat::Qcow2 => {
                let directories = Arc::clone(&directories);
                Box::new(qcow2::Qcow2 { preallocate, exec, directories })
            }
        };
        let pace = Pace::of(options.copy_bytes_per_second);
        Self { options, format, directories, pace, offering: None }
    }

    /// The same, whose volumes every host reaches through `offering`.
    #[must_use]
    pub fn offered(self, offering: Offering) -> Self {
        Self { offering: Some(offering), ..self }
    }

    /// The directory of the volumes.
    fn directory(&self) -> Result<&Directory, DriverError> {
        self.directories.volumes()
    }

    /// The directory of the volumes, and that of the bases where it is another one.
    fn all_directories(&self) -> Result<Vec<&Directory>, DriverError> {
        Ok([self.directory()?].into_iter().chain(self.directories.bases_apart()?).collect())
    }

    /// Opens a file after a look at what it stands on.
    fn open(
        &self,
        name: FileName,
        noted: Option<BaseId>,
        access: Access,
    ) -> Result<Box<dyn Disk>, DriverError> {
        let directory = self.directory()?;
        self.check_ground(name, &existing(directory, name, Access::Read)?, noted)?;
        let disk = self.format.open(directory, name, access)?;
        Ok(match &self.pace {
            Some(pace) => pace.hold(disk),
            None => disk,
        })
    }

    /// Looks whether there is a place for cached images.
    fn check_image_base(&self) -> Result<(), DriverError> {
        match &self.options.image_base_path {
            Some(path) if !path.is_dir() => {
                Err(DriverError::Refused(format!("image_base_path: {} is not a directory", path.display())))
            }
            _ => self.directories.bases()?.confirm(),
        }
    }
}

impl VolumeDriver for LocalFileDriver {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            vendor: "Open Source",
            storage_protocol: if self.offering_to_hosts().is_some() { "iSCSI" } else { "file" },
            provisioning: if self.options.preallocate { Provisioning::Thick } else { Provisioning::Thin },
            multiattach: self.options.image_format == ImageFormat::Raw,
            // A longer file disturbs nobody who has it; in QEMU's format the length is in what its user has locked.
            online_extend: self.options.image_format == ImageFormat::Raw,
            unwritten_is_zero: true,
            shows_volumes: true,
            offers_volumes: self.offering.is_some(),
            online_snapshot: false,
        }
    }

    fn check(&self) -> Result<(), DriverError> {
        self.directory()?.confirm()?;
        self.check_image_base()?;
        self.format.check()?;
        self.check_offering()
    }

    fn stats(&self) -> Result<BackendStats, DriverError> {
        let directory = self.directory()?;
        directory.confirm()?;
        let space = directory.space()?;
        let mut provisioned_bytes = 0_u64;
        for directory in self.all_directories()? {
            for entry in directory.entries()? {
                let promised = self.format.provisioned_bytes(directory, &entry);
                provisioned_bytes = provisioned_bytes.saturating_add(promised);
            }
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
        let from = source.map(|source| self.from(source)).transpose()?;
        let stands_on = from.map_or_else(|| noted(volume), |from| from.stands_on);
        self.make(work, FileName::volume(volume.id), from, stands_on, bytes_of(volume.size_gib, GIB)?)
    }

    fn remove_volume(&self, work: &Work, volume: &VolumeRef) -> Result<(), DriverError> {
        self.let_out(volume, None)?;
        self.remove(work, FileName::volume(volume.id))
    }

    fn extend_volume(&self, work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError> {
        let name = FileName::volume(volume.id);
        let file = existing(self.directory()?, name, Access::Write)?;
        self.check_ground(name, &file, noted(volume))?;
        let grown = self.complete(work, name, &file, bytes_of(volume.size_gib, GIB)?)?;
        self.show_size(name)?;
        Ok(grown)
    }

    fn ensure_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<Provisioned, DriverError> {
        let bytes = bytes_of(snapshot.volume.size_gib, GIB)?;
        let from = From { name: FileName::volume(snapshot.volume.id), stands_on: noted(&snapshot.volume) };
        self.make(work, FileName::snapshot(snapshot.id), Some(from), from.stands_on, bytes)
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
        let from = From { name: FileName::snapshot(snapshot.id), stands_on: noted_of(snapshot) };
        self.revert(work, from, FileName::volume(volume.id), bytes)
    }

    fn here(&self, volume: &VolumeRef) -> Result<Option<Here>, DriverError> {
        let (directory, name) = (self.directory()?, FileName::volume(volume.id));
        self.check_ground(name, &existing(directory, name, Access::Read)?, noted(volume))?;
        Here::of(directory.path_of(name), self.format.image_node(name)?).map(Some)
    }

    fn open_volume(&self, volume: &VolumeRef, access: Access) -> Result<Box<dyn Disk>, DriverError> {
        self.open(FileName::volume(volume.id), noted(volume), access)
    }

    fn open_snapshot(&self, snapshot: &SnapshotRef) -> Result<Box<dyn Disk>, DriverError> {
        self.open(FileName::snapshot(snapshot.id), noted_of(snapshot), Access::Read)
    }

    fn connect(
        &self,
        _work: &Work,
        volume: &VolumeRef,
        connector: &Connector,
        access: Access,
    ) -> Result<Connection, DriverError> {
        self.let_in(volume, connector, access)
    }

    fn offer(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: &Connector,
    ) -> Result<Connection, DriverError> {
        match &self.offering {
            Some(offering) if self.options.image_format == ImageFormat::Qcow2 => {
                self.offer_copy(work, offering, volume, connector)
            }
            _ => self.let_in(volume, connector, Access::Read),
        }
    }

    fn disconnect(
        &self,
        _work: &Work,
        volume: &VolumeRef,
        connector: Option<&Connector>,
    ) -> Result<(), DriverError> {
        self.let_out(volume, connector)
    }

    fn export_life(&self) -> Result<Option<String>, DriverError> {
        self.offering_to_hosts().map(|offering| offering.target().life()).transpose()
    }

    fn list(&self) -> Result<Vec<Found>, DriverError> {
        let mut found = Vec::new();
        for directory in self.all_directories()? {
            found.extend(directory.found()?);
        }
        Ok(found)
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        self.all_directories()?.into_iter().map(Directory::sweep).sum()
    }

    fn manage(&self) -> Option<&dyn Manage> {
        Some(self)
    }

    fn bases(&self) -> Option<&dyn Bases> {
        self.format.base_use().is_some().then_some(self)
    }
}

/// The base on which the volume stands as far as the rows say.
fn noted(volume: &VolumeRef) -> Option<BaseId> {
    of_location(volume.provider_location.as_deref())
}

/// The same of a snapshot.
fn noted_of(snapshot: &SnapshotRef) -> Option<BaseId> {
    of_location(snapshot.provider_location.as_deref())
}

#[cfg(test)]
mod tests;
