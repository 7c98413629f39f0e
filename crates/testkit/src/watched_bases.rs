//! The watch over the family that keeps bases.

use ports::volume::bases::{Bases, Fill, of};
use ports::volume::{BaseRef, Disk, Provisioned, VolumeRef};
use ports::{DriverError, VolumeDriver, Work};

use crate::Watched;

impl<D: VolumeDriver> Bases for Watched<D> {
    fn are_stood_on(&self) -> bool {
        of(&self.inner).is_ok_and(Bases::are_stood_on)
    }

    fn ensure_base(&self, work: &Work, base: &BaseRef, fill: &Fill<'_>) -> Result<(), DriverError> {
        let _running = self.begin("ensure_base", base.id.to_string());
        of(&self.inner)?.ensure_base(work, base, fill)
    }

    fn ensure_base_of(&self, work: &Work, base: &BaseRef, volume: &VolumeRef) -> Result<(), DriverError> {
        let _running = self.begin("ensure_base_of", base.id.to_string());
        of(&self.inner)?.ensure_base_of(work, base, volume)
    }

    fn remove_base(&self, work: &Work, base: &BaseRef) -> Result<(), DriverError> {
        let _running = self.begin("remove_base", base.id.to_string());
        of(&self.inner)?.remove_base(work, base)
    }

    fn open_base(&self, base: &BaseRef) -> Result<Box<dyn Disk>, DriverError> {
        of(&self.inner)?.open_base(base)
    }

    fn reset_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        base: &BaseRef,
    ) -> Result<Provisioned, DriverError> {
        let _running = self.begin("reset_volume", volume.id.to_string());
        of(&self.inner)?.reset_volume(work, volume, base)
    }

    fn flatten_volume(&self, work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError> {
        let _running = self.begin("flatten_volume", volume.id.to_string());
        of(&self.inner)?.flatten_volume(work, volume)
    }
}
