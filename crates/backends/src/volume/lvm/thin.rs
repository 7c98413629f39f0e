//! Volumes that take their space from a pool as they are written.

use ports::DriverError;

use super::LvmDriver;
use super::name::LvName;
use super::report::Lv;

impl LvmDriver {
    /// A blank volume: nothing of it is in the pool, and reads as zeros.
    pub(super) fn make_thin(&self, name: LvName, bytes: u64) -> Result<(), DriverError> {
        self.group.create_thin(&name.to_string(), &self.options.pool_name(), bytes)
    }

    /// A volume that shares the blocks of `from`; neither depends on the other afterwards.
    pub(super) fn clone_thin(&self, name: LvName, from: &Lv, bytes: u64) -> Result<(), DriverError> {
        let name = name.to_string();
        self.group.snapshot_unfinished(from, &name)?;
        if bytes > from.size_bytes {
            self.group.extend(&name, bytes)?;
        }
        self.group.finish(&name)
    }

    /// Puts a new sharer of the snapshot's blocks in the place of the volume. Killed in between, there may be no volume;
    /// the snapshot is there, and the next call makes it.
    pub(super) fn revert_thin(&self, name: LvName, to: LvName) -> Result<(), DriverError> {
        let (to, next) = (self.existing(to)?, name.next());
        if let Some(left) = self.group.find(next)? {
            self.group.remove(&left.name)?;
        }
        self.group.snapshot_unfinished(&to, &next.to_string())?;
        if let Some(old) = self.group.find(name)? {
            self.group.remove(&old.name)?;
        }
        let name = name.to_string();
        self.group.rename(&next.to_string(), &name)?;
        self.group.finish(&name)
    }
}
