//! Which driver a section of the configuration means: one explicit list, nothing registers itself.

use std::sync::Arc;

use config::{DriverName, OptionError, Section};
use ports::{Exec, VolumeDriver};
use thiserror::Error;

use crate::target::{Offering, Target, TargetOptions, lio::Lio, tgt::Tgt};
use crate::volume::local::{LocalFileDriver, LocalOptions};
use crate::volume::lvm::{Lun, LvmDriver, LvmOptions};
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
    /// Its target offers devices, and its volumes are files.
    #[error("backend {backend}: the target helper {helper} offers no files; tgtadm does")]
    NoFiles {
        /// The section.
        backend: String,
        /// The helper.
        helper: String,
    },
    /// Its target is one that this service knows by name, and cannot run.
    #[error("backend {backend}: the target helper {helper} is known, but not built yet")]
    NoTarget {
        /// The section.
        backend: String,
        /// The helper.
        helper: String,
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
            let driver = LocalFileDriver::new(LocalOptions::from_section(section)?, exec.clone());
            Ok(Arc::new(match offering_of_files(section)? {
                Some(offering) => driver.offered(offering),
                None => driver,
            }))
        }
        DriverName::Sim => Ok(Arc::new(SimDriver::new(SimOptions::from_section(section)?))),
        DriverName::Lvm => {
            let options = LvmOptions::from_section(section)?;
            let target = target(section, &options.target, exec)?;
            Ok(Arc::new(LvmDriver::new(options, target, exec.clone())))
        }
        DriverName::LvmSan => {
            let (options, lun) = (LvmOptions::from_section(section)?, Lun::from_section(section)?);
            Ok(Arc::new(LvmDriver::on_lun(options, lun, exec.clone())))
        }
        driver @ (DriverName::Nfs | DriverName::Glusterfs | DriverName::Rbd) => {
            Err(OpenError::NotBuilt { backend: section.name().to_owned(), driver })
        }
    }
}

/// What offers the volumes of a backend to hosts by iSCSI.
pub struct Offers {
    /// How the backend is set up.
    pub options: LvmOptions,
    /// Its targets.
    pub target: Box<dyn Target>,
}

/// What offers the volumes of the backend `section` to hosts by iSCSI; none where nothing does.
///
/// # Errors
/// The section is wrong, or names a helper that is not built.
pub fn offers(section: &Section<'_>, exec: &Exec) -> Result<Option<Offers>, OpenError> {
    if section.driver()? != DriverName::Lvm {
        return Ok(None);
    }
    let options = LvmOptions::from_section(section)?;
    let target = target(section, &options.target, exec)?;
    Ok(Some(Offers { options, target }))
}

/// What offers the volumes of the backend `section` (`target_helper`).
fn target(section: &Section<'_>, options: &TargetOptions, exec: &Exec) -> Result<Box<dyn Target>, OpenError> {
    match section.text("target_helper")?.as_str() {
        "lioadm" => Ok(Box::new(Lio::new(options.portals.clone(), exec.clone()))),
        "tgtadm" => Ok(Box::new(Tgt::new(options))),
        helper => Err(OpenError::NoTarget { backend: section.name().to_owned(), helper: helper.to_owned() }),
    }
}

/// What offers the files of the backend `section`, if its own `target_helper` says so.
fn offering_of_files(section: &Section<'_>) -> Result<Option<Offering>, OpenError> {
    if !section.sets("target_helper") {
        return Ok(None);
    }
    let options = TargetOptions::from_section(section)?;
    match section.text("target_helper")?.as_str() {
        "tgtadm" => Ok(Some(Offering::new(Box::new(Tgt::new(&options)), options))),
        helper => Err(OpenError::NoFiles { backend: section.name().to_owned(), helper: helper.to_owned() }),
    }
}

#[cfg(test)]
mod tests;
