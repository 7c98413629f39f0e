//! The layer around the family that keeps bases.

use super::Chaos;
use super::faults::around;
use crate::Work;
use crate::volume::bases::{Bases, Fill, of};
use crate::volume::{BaseRef, Disk, DriverError, Provisioned, VolumeDriver, VolumeRef};

impl<D: VolumeDriver> Bases for Chaos<D> {
    fn are_stood_on(&self) -> bool {
        of(&self.inner).is_ok_and(Bases::are_stood_on)
    }

    fn ensure_base(&self, work: &Work, base: &BaseRef, fill: &Fill<'_>) -> Result<(), DriverError> {
        self.faults
            .effect(around!("driver", "ensure_base"), || of(&self.inner)?.ensure_base(work, base, fill))
    }

    fn ensure_base_of(&self, work: &Work, base: &BaseRef, volume: &VolumeRef) -> Result<(), DriverError> {
        self.faults.effect(around!("driver", "ensure_base_of"), || {
            of(&self.inner)?.ensure_base_of(work, base, volume)
        })
    }

    fn remove_base(&self, work: &Work, base: &BaseRef) -> Result<(), DriverError> {
        self.faults.effect(around!("driver", "remove_base"), || of(&self.inner)?.remove_base(work, base))
    }

    fn open_base(&self, base: &BaseRef) -> Result<Box<dyn Disk>, DriverError> {
        self.faults.ask(around!("driver", "open_base"), || of(&self.inner)?.open_base(base))
    }

    fn reset_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        base: &BaseRef,
    ) -> Result<Provisioned, DriverError> {
        self.faults
            .effect(around!("driver", "reset_volume"), || of(&self.inner)?.reset_volume(work, volume, base))
    }

    fn flatten_volume(&self, work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError> {
        self.faults
            .effect(around!("driver", "flatten_volume"), || of(&self.inner)?.flatten_volume(work, volume))
    }
}
