//! Which driver a section of the configuration means: one explicit list, nothing registers itself.

use std::sync::Arc;

use config::{DriverName, OptionError, Section};
use ports::{Exec, VolumeDriver};
use thiserror::Error;

use crate::volume::local::{LocalFileDriver, LocalOptions};
use crate::volume::sim::{SimDriver, SimOptions};

/// Why a backend has no driver.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Its section cannot be read.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// Its driver is one that this service knows by name and options, and cannot run.
    #[error("backend {backend}: the driver {} is known, but not built yet", driver.short())]
    NotBuilt {
        /// The section.
        backend: String,
        /// The driver.
        driver: DriverName,
    },
}

/// Makes the driver of the backend `section`, which starts programs through `exec`. Nothing is touched yet:
/// [`VolumeDriver::check`] says whether the backend can be used.
///
/// # Errors
/// The section is wrong, or names a driver that is not built.
pub fn open(section: &Section<'_>, exec: &Exec) -> Result<Arc<dyn VolumeDriver>, OpenError> {
    match section.driver()? {
        DriverName::Local => {
            Ok(Arc::new(LocalFileDriver::new(LocalOptions::from_section(section)?, exec.clone())))
        }
        DriverName::Sim => Ok(Arc::new(SimDriver::new(SimOptions::from_section(section)?))),
        driver @ (DriverName::Lvm
        | DriverName::LvmSan
        | DriverName::Nfs
        | DriverName::Glusterfs
        | DriverName::Rbd) => Err(OpenError::NotBuilt { backend: section.name().to_owned(), driver }),
    }
}

#[cfg(test)]
mod tests;
