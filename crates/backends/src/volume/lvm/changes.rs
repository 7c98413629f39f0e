//! What has changed between two volumes of the thin pool, by the pool's own mappings.
//!
//! The pool is in use meanwhile, so its metadata are read from the one snapshot of them that the kernel keeps on request.
//! Whoever has it holds a lock that ends with the process, and the pool carries a tag: what a killed process has left is
//! told from what somebody else holds, and only the former is given back.

use std::fs::File;
use std::path::{Path, PathBuf};

use ports::volume::Changes;
use ports::{DriverError, Work};
use rustix::fs::{FlockOperation, flock};

use super::LvmDriver;
use super::delta;
use super::device::doubled;
use super::name::LvName;
use super::report::Lv;

/// Marks a pool of whose metadata we have the snapshot.
const TAG: &str = "besser.metadata_snapshot";

impl LvmDriver {
    /// Where `now` may hold something else than `before`; none where they are not two volumes of the pool.
    pub(super) fn changes(
        &self,
        work: &Work,
        before: LvName,
        now: LvName,
    ) -> Result<Option<Changes>, DriverError> {
        if !self.is_thin()? {
            return Ok(None);
        }
        let (Some(before), Some(now)) = (self.group.find(before)?, self.group.find(now)?) else {
            return Ok(None);
        };
        let is_whole = |lv: &Lv| lv.is_thin() && !lv.is_unfinished();
        let ids = before.thin_id.zip(now.thin_id).filter(|_| is_whole(&before) && is_whole(&now));
        let pool = before.pool.clone().filter(|pool| now.pool.as_ref() == Some(pool));
        let (Some(ids), Some(pool)) = (ids, pool) else { return Ok(None) };
        let held = Held::take(self, &pool)?;
        let printed = self.group.thin_delta(work, &held.path, ids);
        held.give_back()?;
        let printed = String::from_utf8(printed?).map_err(|error| DriverError::Refused(error.to_string()))?;
        let changes = delta::read(&printed, ids).map_err(|error| DriverError::Refused(error.to_string()))?;
        Ok(Some(changes))
    }
}

/// The snapshot of a pool's metadata.
struct Held<'d> {
    driver: &'d LvmDriver,
    pool: &'d str,
    /// The device of the metadata.
    path: PathBuf,
    /// Keeps others of us out, and ends with the process.
    _lock: File,
}

impl<'d> Held<'d> {
    fn take(driver: &'d LvmDriver, pool: &'d str) -> Result<Self, DriverError> {
        let group = &driver.group;
        let path = mapped(group.name(), pool, "_tmeta");
        let failed = || DriverError::io(format!("locking {}", path.display()));
        let lock = File::open(&path).map_err(failed())?;
        flock(&lock, FlockOperation::LockExclusive).map_err(|errno| failed()(errno.into()))?;
        let is_ours = group.named(pool)?.is_some_and(|lv| lv.has_tag(TAG));
        if is_ours {
            // A process that held it was killed. It may have been before or after the kernel was asked.
            let _ = group.tell_pool(&thin_pool(group.name(), pool), "release_metadata_snap");
        } else {
            group.tag(pool, TAG)?;
        }
        let held = Self { driver, pool, path, _lock: lock };
        match group.tell_pool(&held.target(), "reserve_metadata_snap") {
            Ok(()) => Ok(held),
            Err(error) => {
                // Somebody else has it.
                group.untag(pool, TAG)?;
                Err(error)
            }
        }
    }

    fn give_back(self) -> Result<(), DriverError> {
        let group = &self.driver.group;
        group.tell_pool(&self.target(), "release_metadata_snap")?;
        group.untag(self.pool, TAG)
    }

    fn target(&self) -> PathBuf {
        thin_pool(self.driver.group.name(), self.pool)
    }
}

/// The device that takes messages for the pool.
fn thin_pool(group: &str, pool: &str) -> PathBuf {
    mapped(group, pool, "-tpool")
}

/// A device below a logical volume.
fn mapped(group: &str, name: &str, layer: &str) -> PathBuf {
    Path::new("/dev/mapper").join(format!("{}-{}{layer}", doubled(group), doubled(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_devices_of_a_pool_are_named_as_lvm_names_them() {
        assert_eq!(
            thin_pool("besser-lab", "besser-lab-pool"),
            Path::new("/dev/mapper/besser--lab-besser--lab--pool-tpool")
        );
        assert_eq!(mapped("vg", "pool", "_tmeta"), Path::new("/dev/mapper/vg-pool_tmeta"));
    }
}
