//! How hosts get at a volume: by its path on this host, or over iSCSI where a target offers the files.
//!
//! A target offers files as they are, and those in QEMU's format are none that an initiator could use. Whoever copies one to
//! another machine is offered a raw copy, which takes its space until he has left: made anew for each, since nobody could say
//! of an old one how old it is.

use std::path::PathBuf;

use model::Connector;
use ports::copy::{Target, copy};
use ports::volume::{Access, Connection, VolumeRef};
use ports::{DriverError, Work};
use serde_json::Value;

use super::{ImageFormat, LocalFileDriver, noted};
use crate::target::{Offering, Unit};
use crate::volume::files::{FileName, disk, existing, local_connection};

impl LocalFileDriver {
    /// What offers volumes to hosts that use them.
    pub(super) fn offering_to_hosts(&self) -> Option<&Offering> {
        self.offering.as_ref().filter(|_| self.options.image_format == ImageFormat::Raw)
    }

    pub(super) fn let_in(
        &self,
        volume: &VolumeRef,
        connector: &Connector,
        access: Access,
    ) -> Result<Connection, DriverError> {
        let (directory, name) = (self.directory()?, FileName::volume(volume.id));
        let file = existing(directory, name, access)?;
        self.check_ground(name, &file, noted(volume))?;
        if let Some(offering) = self.offering_to_hosts() {
            let (name, device) = (name.to_string(), self.device(name)?);
            let discards = !self.options.preallocate;
            let unit = Unit { name: &name, device: &device, discards };
            return offering.connect(volume, &unit, connector, access);
        }
        let mut connection = local_connection(directory, name, volume);
        let format = match self.options.image_format {
            ImageFormat::Raw => "raw",
            ImageFormat::Qcow2 => "qcow2",
        };
        connection.data.insert("format".to_owned(), Value::from(format));
        Ok(connection)
    }

    pub(super) fn let_out(
        &self,
        volume: &VolumeRef,
        connector: Option<&Connector>,
    ) -> Result<(), DriverError> {
        let Some(offering) = &self.offering else { return Ok(()) };
        if self.options.image_format == ImageFormat::Qcow2 {
            return self.withdraw_copy(offering, volume, connector);
        }
        let name = FileName::volume(volume.id);
        offering.disconnect(&name.to_string(), &self.device(name)?, connector)
    }

    /// Offers a raw copy of the volume as it is now to `connector` alone.
    pub(super) fn offer_copy(
        &self,
        work: &Work,
        offering: &Offering,
        volume: &VolumeRef,
        connector: &Connector,
    ) -> Result<Connection, DriverError> {
        self.withdraw_copy(offering, volume, None)?;
        let (directory, offered) = (self.directory()?, FileName::offered(volume.id));
        let from = self.open(FileName::volume(volume.id), noted(volume), Access::Read)?;
        self.unfinished(offered, |offered, file| {
            let bytes = from.size_bytes();
            file.set_len(bytes).map_err(directory.failure("sizing", offered, bytes))?;
            let to = disk(file.try_clone().map_err(directory.failure("opening", offered, bytes))?)?;
            Ok(copy(&*from, &*to, Target::Blank, work)?)
        })?;
        let (name, device) = (FileName::volume(volume.id).to_string(), self.device(offered)?);
        let unit = Unit { name: &name, device: &device, discards: false };
        offering.connect(volume, &unit, connector, Access::Read)
    }

    /// Offers the raw copy no longer, and removes it, unless `connector` is a host that it is not offered to: such a one has
    /// the file itself.
    fn withdraw_copy(
        &self,
        offering: &Offering,
        volume: &VolumeRef,
        connector: Option<&Connector>,
    ) -> Result<(), DriverError> {
        let (name, offered) = (FileName::volume(volume.id).to_string(), FileName::offered(volume.id));
        let device = self.device(offered)?;
        if let Some(connector) = connector
            && !offering.lets_in(&name, &device, connector)?
        {
            return Ok(());
        }
        offering.disconnect(&name, &device, None)?;
        let directory = self.directory()?;
        if directory.remove(offered)? { directory.sync() } else { Ok(()) }
    }

    /// Lets initiators see that the volume has grown.
    pub(super) fn show_size(&self, name: FileName) -> Result<(), DriverError> {
        self.offering_to_hosts().map_or(Ok(()), |offering| offering.resized(&name.to_string()))
    }

    /// Looks whether what is to offer the files can.
    pub(super) fn check_offering(&self) -> Result<(), DriverError> {
        self.offering.as_ref().map_or(Ok(()), |offering| offering.target().check())
    }

    /// The file as a program finds it that runs elsewhere.
    fn device(&self, name: FileName) -> Result<PathBuf, DriverError> {
        let path = self.directory()?.path_of(name);
        std::path::absolute(&path).map_err(DriverError::io(format!("looking for {}", path.display())))
    }
}
