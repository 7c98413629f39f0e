//! The log of the family that keeps bases.

use super::bases::{Bases, Fill, of};
use super::{BaseRef, Disk, DriverError, Logged, Provisioned, VolumeDriver, VolumeRef};
use crate::Work;

impl<D: VolumeDriver> Bases for Logged<D> {
    fn are_stood_on(&self) -> bool {
        of(&self.inner).is_ok_and(Bases::are_stood_on)
    }

    fn ensure_base(&self, work: &Work, base: &BaseRef, fill: &Fill<'_>) -> Result<(), DriverError> {
        self.log("ensure_base", &base.id, || of(&self.inner)?.ensure_base(work, base, fill))
    }

    fn ensure_base_of(&self, work: &Work, base: &BaseRef, volume: &VolumeRef) -> Result<(), DriverError> {
        self.log("ensure_base_of", &base.id, || of(&self.inner)?.ensure_base_of(work, base, volume))
    }

    fn remove_base(&self, work: &Work, base: &BaseRef) -> Result<(), DriverError> {
        self.log("remove_base", &base.id, || of(&self.inner)?.remove_base(work, base))
    }

    fn open_base(&self, base: &BaseRef) -> Result<Box<dyn Disk>, DriverError> {
        self.log("open_base", &base.id, || of(&self.inner)?.open_base(base))
    }

    fn reset_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        base: &BaseRef,
    ) -> Result<Provisioned, DriverError> {
        self.log("reset_volume", &volume.id, || of(&self.inner)?.reset_volume(work, volume, base))
    }

    fn flatten_volume(&self, work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError> {
        self.log("flatten_volume", &volume.id, || of(&self.inner)?.flatten_volume(work, volume))
    }
}
