//! Offering volumes over iSCSI.

use model::Connector;
use ports::DriverError;
use ports::volume::{Access, Connection, VolumeRef};

use super::name::LvName;
use super::{LvmDriver, device};
use crate::target::{Offering, Unit};

impl LvmDriver {
    pub(super) fn offer_to(
        &self,
        offering: &Offering,
        volume: &VolumeRef,
        connector: &Connector,
        access: Access,
    ) -> Result<Connection, DriverError> {
        let name = LvName::volume(volume.id);
        self.activate_if_needed(&self.existing(name)?)?;
        let name = name.to_string();
        let device = device::path(self.group.name(), &name);
        let unit = Unit { name: &name, device: &device, discards: self.is_thin()? };
        offering.connect(volume, &unit, connector, access)
    }

    pub(super) fn withdraw_from(
        &self,
        offering: &Offering,
        volume: &VolumeRef,
        connector: Option<&Connector>,
    ) -> Result<(), DriverError> {
        let name = LvName::volume(volume.id).to_string();
        offering.disconnect(&name, &device::path(self.group.name(), &name), connector)
    }
}
