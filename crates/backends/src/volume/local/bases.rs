//! Bases as files: sealed, and never written again.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;

use model::{BaseId, GIB};
use ports::copy::{Target, copy};
use ports::volume::bases::Fill;
use ports::volume::{Access, BaseRef, Bases, Disk, Provisioned, VolumeRef};
use ports::{DriverError, Work};

use super::format::BaseUse;
use super::make::From;
use super::{LocalFileDriver, noted};
use crate::volume::files::{Exclusive, FileName, bytes_of, disk, existing};

/// The permissions of a sealed file: read by whoever runs machines on this host.
const SEALED: u32 = 0o440;

impl LocalFileDriver {
    /// The file of a base that has to be there.
    pub(super) fn existing_base(&self, id: BaseId) -> Result<FileName, DriverError> {
        let missing = || DriverError::Missing { what: FileName::base(id).to_string() };
        self.find_base(id)?.ok_or_else(missing)
    }

    fn find_base(&self, id: BaseId) -> Result<Option<FileName>, DriverError> {
        let directory = self.directories.bases()?;
        for name in [FileName::base(id), FileName::layer(id)] {
            if directory.open_file(name, Access::Read)?.is_some() {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    fn stands(&self) -> bool {
        self.format.base_use() == Some(BaseUse::Stands)
    }

    /// Opens a base, or what becomes one.
    fn open_raw_or_layer(&self, name: FileName, access: Access) -> Result<Box<dyn Disk>, DriverError> {
        let directory = self.directories.bases()?;
        if name.is_layer() {
            self.format.open(directory, name, access)
        } else {
            disk(existing(directory, name, access)?)
        }
    }

    /// Gives a base that is whole its name, for good.
    fn seal(&self, name: FileName, file: &File) -> Result<(), DriverError> {
        let directory = self.directories.bases()?;
        let failed = || directory.failure("sealing", name, 0);
        let mut permissions = file.metadata().map_err(failed())?.permissions();
        permissions.set_mode(SEALED);
        file.set_permissions(permissions).map_err(failed())?;
        file.sync_all().map_err(failed())?;
        directory.publish(name)?;
        directory.sync()
    }

    /// Makes the file `name` stand on nothing.
    pub(super) fn flatten(
        &self,
        work: &Work,
        name: FileName,
        noted: Option<BaseId>,
    ) -> Result<Provisioned, DriverError> {
        let directory = self.directory()?;
        let file = existing(directory, name, Access::Write)?;
        self.check_ground(name, &file, noted)?;
        if self.format.ground(directory, name, &file)?.is_some() {
            let source = self.format.open(directory, name, Access::Read)?;
            // A blank one is published under the name it is made for, so it is made for the unfinished one.
            directory.remove(name.unfinished())?;
            self.format.make_alone(directory, work, name.unfinished(), source.size_bytes())?;
            let target = self.format.open(directory, name.unfinished(), Access::Write)?;
            copy(&*source, &*target, Target::Blank, work)?;
            drop((source, target));
            let alone = Exclusive::of(directory, name, &file)?;
            directory.replace(name)?;
            drop(alone);
        }
        self.provisioned(name)
    }
}

impl Bases for LocalFileDriver {
    fn are_stood_on(&self) -> bool {
        self.stands()
    }

    fn ensure_base(&self, work: &Work, base: &BaseRef, fill: &Fill<'_>) -> Result<(), DriverError> {
        if self.find_base(base.id)?.is_some() {
            return self.directories.bases()?.sync();
        }
        let bytes = bytes_of(base.size_gib, GIB)?;
        let parent = base.parent.map(|parent| self.existing_base(parent)).transpose()?;
        let is_layer = parent.is_some() && self.stands();
        let name = if is_layer { FileName::layer(base.id) } else { FileName::base(base.id) };
        self.unfinished(name, |unfinished, file| {
            match parent {
                Some(parent) if is_layer => self.stand(unfinished, file, parent, bytes)?,
                parent => self.begin_whole(unfinished, file, parent, bytes)?,
            }
            let target = self.open_raw_or_layer(unfinished, Access::Write)?;
            fill(&*target, work)?;
            target.sync().map_err(DriverError::io(format!("syncing {unfinished}")))?;
            drop(target);
            self.seal(name, file)
        })
    }

    fn ensure_base_of(&self, work: &Work, base: &BaseRef, volume: &VolumeRef) -> Result<(), DriverError> {
        if self.find_base(base.id)?.is_some() {
            return self.directories.bases()?.sync();
        }
        let from = From { name: FileName::volume(volume.id), stands_on: noted(volume) };
        let source = existing(self.directory()?, from.name, Access::Write)?;
        let ground = self.format.ground(self.directory()?, from.name, &source)?;
        if self.stands() && ground.map(FileName::base_id) != base.parent.map(Some) {
            // What it stands on is not what it is to stand on.
            let disk = self.open(from.name, from.stands_on, Access::Read)?;
            let whole = BaseRef { parent: None, ..base.clone() };
            return self
                .ensure_base(work, &whole, &|target, work| Ok(copy(&*disk, target, Target::Blank, work)?));
        }
        let name = if self.stands() { FileName::layer(base.id) } else { FileName::base(base.id) };
        self.fill_unfinished(work, from, name, bytes_of(base.size_gib, GIB)?)?;
        self.seal(name, &existing(self.directories.bases()?, name.unfinished(), Access::Write)?)
    }

    fn remove_base(&self, _work: &Work, base: &BaseRef) -> Result<(), DriverError> {
        let directory = self.directories.bases()?;
        for name in [FileName::base(base.id), FileName::layer(base.id)] {
            directory.remove(name.unfinished())?;
            directory.remove(name)?;
        }
        directory.sync()
    }

    fn open_base(&self, base: &BaseRef) -> Result<Box<dyn Disk>, DriverError> {
        self.open_raw_or_layer(self.existing_base(base.id)?, Access::Read)
    }

    fn reset_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        base: &BaseRef,
    ) -> Result<Provisioned, DriverError> {
        let from = From { name: self.existing_base(base.id)?, stands_on: Some(base.id) };
        self.revert(work, from, FileName::volume(volume.id), bytes_of(volume.size_gib, GIB)?)
    }

    fn flatten_volume(&self, work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError> {
        self.flatten(work, FileName::volume(volume.id), noted(volume))
    }
}

impl LocalFileDriver {
    /// Makes the empty `file` a raw one of `bytes` with the content of `parent`, or zeros.
    fn begin_whole(
        &self,
        name: FileName,
        file: &File,
        parent: Option<FileName>,
        bytes: u64,
    ) -> Result<(), DriverError> {
        let directory = self.directories.bases()?;
        file.set_len(bytes).map_err(directory.failure("sizing", name, bytes))?;
        let Some(parent) = parent else { return Ok(()) };
        let (source, target) =
            (self.open_raw_or_layer(parent, Access::Read)?, self.open_raw_or_layer(name, Access::Write)?);
        Ok(copy(&*source, &*target, Target::Blank, &Work::new())?)
    }
}
