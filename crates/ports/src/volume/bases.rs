//! Bases: content that is kept on a backend to make volumes from, in constant time whatever its size.
//!
//! A base is made once, sealed, and never written again. What a driver makes from it either shares its blocks and
//! depends on it in nothing (a reflink, a thin snapshot), or *stands on* it: only what differs from the base is kept,
//! and the base must stay (a qcow2 file with a backing file). What stands on a base is told from its
//! `provider_location`, which the driver answers and whoever keeps the rows hands in again: no file is believed that
//! names another base than the rows do.

use model::BaseId;

use super::{BaseRef, Disk, DriverError, Provisioned, VolumeDriver, VolumeRef};
use crate::Work;

/// Most bases that stand on each other. A base that would stand higher is made whole.
pub const MAX_HEIGHT: u64 = 8;

/// With what the location of something begins that stands on a base.
const LOCATION: &str = "base-";

/// The `provider_location` of what stands on `base`.
#[must_use]
pub fn location_on(base: BaseId) -> String {
    format!("{LOCATION}{base}")
}

/// The base on which something stands whose `provider_location` is this.
#[must_use]
pub fn of_location(location: Option<&str>) -> Option<BaseId> {
    location?.strip_prefix(LOCATION)?.parse().ok()
}

/// Writes the content of a base that is being made: it is blank, or reads as its parent. It may be called again, on
/// another disk that was made anew.
pub type Fill<'a> = dyn Fn(&dyn Disk, &Work) -> Result<(), DriverError> + Send + Sync + 'a;

/// A driver that keeps bases.
pub trait Bases: Send + Sync {
    /// Whether what is made from a base stands on it.
    fn are_stood_on(&self) -> bool;

    /// Makes `base` with what `fill` writes over its parent's content, or over zeros. Nobody sees it before it is whole
    /// and durable; one that is there already is a success.
    ///
    /// # Errors
    /// It is not there, and nothing is left of it but what a sweep recognises.
    fn ensure_base(&self, work: &Work, base: &BaseRef, fill: &Fill<'_>) -> Result<(), DriverError>;

    /// Makes `base` with what `volume` holds now; nobody writes to the volume meanwhile. A volume that stands on a base
    /// stands on the parent of `base`.
    ///
    /// # Errors
    /// As [`Bases::ensure_base`]; [`DriverError::Busy`] when somebody writes to the volume.
    fn ensure_base_of(&self, work: &Work, base: &BaseRef, volume: &VolumeRef) -> Result<(), DriverError>;

    /// Removes `base`, on which nothing stands. Already gone is a success.
    ///
    /// # Errors
    /// It is still there.
    fn remove_base(&self, work: &Work, base: &BaseRef) -> Result<(), DriverError>;

    /// Opens `base` for reading.
    ///
    /// # Errors
    /// It is not there.
    fn open_base(&self, base: &BaseRef) -> Result<Box<dyn Disk>, DriverError>;

    /// Gives `volume` the content of `base`, grown to the volume's size, in place of what it holds. Whenever the call is
    /// cut off, the volume has its old content or that of the base.
    ///
    /// # Errors
    /// It has its old content, or is found reset by the next call; [`DriverError::Busy`] when somebody uses it.
    fn reset_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        base: &BaseRef,
    ) -> Result<Provisioned, DriverError>;

    /// Makes `volume` stand on nothing. One that does already is a success.
    ///
    /// # Errors
    /// It stands where it stood, or is found standing on nothing by the next call.
    fn flatten_volume(&self, work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError>;
}

/// The family of `driver`.
///
/// # Errors
/// [`DriverError::Unsupported`] where it has none.
pub fn of<D: VolumeDriver + ?Sized>(driver: &D) -> Result<&dyn Bases, DriverError> {
    let none = || DriverError::Unsupported("the volume driver keeps no bases".to_owned());
    driver.bases().ok_or_else(none)
}
