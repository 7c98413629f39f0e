//! Bases as thin volumes: what is made from one shares its blocks and depends on it in nothing.

use ports::volume::bases::Fill;
use ports::volume::{Access, BaseRef, Bases, Disk, Provisioned, VolumeRef};
use ports::{DriverError, Work};

use super::name::LvName;
use super::{LvmDriver, provisioned};
use crate::volume::files::bytes_of;

impl LvmDriver {
    /// Whether the base is whole; what an interrupted call left of it is removed.
    fn has_base(&self, work: &Work, name: LvName) -> Result<bool, DriverError> {
        match self.group.find(name)? {
            Some(lv) if lv.is_unfinished() => self.discard(work, &lv).map(|()| false),
            found => Ok(found.is_some()),
        }
    }
}

impl Bases for LvmDriver {
    fn are_stood_on(&self) -> bool {
        false
    }

    fn ensure_base(&self, work: &Work, base: &BaseRef, fill: &Fill<'_>) -> Result<(), DriverError> {
        let (name, bytes) = (LvName::base(base.id), bytes_of(base.size_gib, self.options.gib_bytes)?);
        if self.has_base(work, name)? {
            return Ok(());
        }
        let shown = name.to_string();
        match base.parent {
            Some(parent) => {
                let parent = self.existing(LvName::base(parent))?;
                self.group.snapshot_unfinished(&parent, &shown)?;
                if bytes > parent.size_bytes {
                    self.group.extend(&shown, bytes)?;
                }
            }
            None => self.group.create_thin_unfinished(&shown, &self.options.pool_name(), bytes)?,
        }
        let missing = || DriverError::Missing { what: shown.clone() };
        let made = self.group.find(name)?.ok_or_else(missing)?;
        let filled = self.open(&made, Access::Write).and_then(|target| {
            fill(&*target, work)?;
            target.sync().map_err(DriverError::io(format!("syncing {shown}")))
        });
        match filled {
            Ok(()) => self.group.finish(&shown),
            Err(error) => {
                self.discard(work, &made)?;
                Err(error)
            }
        }
    }

    fn ensure_base_of(&self, work: &Work, base: &BaseRef, volume: &VolumeRef) -> Result<(), DriverError> {
        let (name, bytes) = (LvName::base(base.id), bytes_of(base.size_gib, self.options.gib_bytes)?);
        self.make(work, name, Some(LvName::volume(volume.id)), bytes)
    }

    fn remove_base(&self, work: &Work, base: &BaseRef) -> Result<(), DriverError> {
        self.remove(work, LvName::base(base.id))
    }

    fn open_base(&self, base: &BaseRef) -> Result<Box<dyn Disk>, DriverError> {
        self.open(&self.existing(LvName::base(base.id))?, Access::Read)
    }

    fn reset_volume(
        &self,
        _work: &Work,
        volume: &VolumeRef,
        base: &BaseRef,
    ) -> Result<Provisioned, DriverError> {
        let name = LvName::volume(volume.id);
        self.revert_thin(name, LvName::base(base.id))?;
        self.grow(&self.existing(name)?, bytes_of(volume.size_gib, self.options.gib_bytes)?)?;
        Ok(provisioned(name))
    }

    fn flatten_volume(&self, _work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError> {
        let name = LvName::volume(volume.id);
        self.existing(name).map(|_| provisioned(name))
    }
}
