//! How hosts get at a volume: by its path on this host, or over iSCSI where a target offers the files.

use std::path::PathBuf;

use model::Connector;
use ports::DriverError;
use ports::volume::{Access, Connection, VolumeRef};
use serde_json::Value;

use super::{ImageFormat, LocalFileDriver, noted};
use crate::target::Unit;
use crate::volume::files::{FileName, existing, local_connection};

impl LocalFileDriver {
    pub(super) fn let_in(
        &self,
        volume: &VolumeRef,
        connector: &Connector,
        access: Access,
    ) -> Result<Connection, DriverError> {
        let (directory, name) = (self.directory()?, FileName::volume(volume.id));
        let file = existing(directory, name, access)?;
        self.check_ground(name, &file, noted(volume))?;
        if let Some(offering) = &self.offering {
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
        let name = FileName::volume(volume.id);
        offering.disconnect(&name.to_string(), &self.device(name)?, connector)
    }

    /// Lets initiators see that the volume has grown.
    pub(super) fn show_size(&self, name: FileName) -> Result<(), DriverError> {
        self.offering.as_ref().map_or(Ok(()), |offering| offering.resized(&name.to_string()))
    }

    /// Looks whether what is to offer the files can.
    pub(super) fn check_offering(&self) -> Result<(), DriverError> {
        match &self.offering {
            Some(_) if self.options.image_format == ImageFormat::Qcow2 => {
                let why =
                    "a target offers files as they are, and image_format = qcow2 makes them something else";
                Err(DriverError::Refused(why.to_owned()))
            }
            Some(offering) => offering.target().check(),
            None => Ok(()),
        }
    }

    /// The file as a program finds it that runs elsewhere.
    fn device(&self, name: FileName) -> Result<PathBuf, DriverError> {
        let path = self.directory()?.path_of(name);
        std::path::absolute(&path).map_err(DriverError::io(format!("looking for {}", path.display())))
    }
}
