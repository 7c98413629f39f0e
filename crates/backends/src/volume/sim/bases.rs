//! Bases as plain files of the directory.

use ports::volume::bases::Fill;
use ports::volume::{Access, BaseRef, Bases, Disk, Provisioned, VolumeRef};
use ports::{DriverError, Work};

use super::{SimDriver, copy_sparse, disk, existing, provisioned, provisioned_on};
use crate::volume::files::FileName;

impl Bases for SimDriver {
    fn are_stood_on(&self) -> bool {
        true
    }

    fn ensure_base(&self, work: &Work, base: &BaseRef, fill: &Fill<'_>) -> Result<(), DriverError> {
        let (directory, name) = (self.directory()?, FileName::base(base.id));
        let fails = self.begin(work)?;
        if directory.open_file(name, Access::Read)?.is_some() {
            return Ok(());
        }
        let parent = base.parent.map(|parent| existing(directory, FileName::base(parent), Access::Read));
        let bytes = self.bytes_of(base.size_gib)?;
        let file = self.reserve(directory, name, bytes)?;
        if let Some(parent) = parent.transpose()? {
            copy_sparse(&parent, &file, &Work::new()).map_err(directory.stopped("copying", name, bytes))?;
        }
        self.half_way("sim.base.half_way", fails)?;
        let target = disk(file)?;
        fill(&*target, work)?;
        target.sync().map_err(directory.failure("syncing", name, bytes))?;
        let _one_by_one = self.one_by_one();
        directory.publish(name)
    }

    fn ensure_base_of(&self, work: &Work, base: &BaseRef, volume: &VolumeRef) -> Result<(), DriverError> {
        let from = FileName::volume(volume.id);
        self.make(work, FileName::base(base.id), Some(from), self.bytes_of(base.size_gib)?)
    }

    fn remove_base(&self, work: &Work, base: &BaseRef) -> Result<(), DriverError> {
        self.remove(work, FileName::base(base.id))
    }

    fn open_base(&self, base: &BaseRef) -> Result<Box<dyn Disk>, DriverError> {
        disk(existing(self.directory()?, FileName::base(base.id), Access::Read)?)
    }

    fn reset_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        base: &BaseRef,
    ) -> Result<Provisioned, DriverError> {
        let name = FileName::volume(volume.id);
        self.replace(work, FileName::base(base.id), name, self.bytes_of(volume.size_gib)?)?;
        Ok(provisioned_on(name, Some(base.id)))
    }

    fn flatten_volume(&self, work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError> {
        let name = FileName::volume(volume.id);
        self.begin(work)?;
        existing(self.directory()?, name, Access::Write)?;
        Ok(provisioned(name))
    }
}
