//! Backends whose volumes are also kept elsewhere, so that another site can take over.

use model::VolumeId;

use super::{DriverError, VolumeDriver, VolumeRef};
use crate::Work;

/// A volume, and whether it is kept at the other sites too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    /// The volume.
    pub volume: VolumeRef,
    /// Whether it is replicated.
    pub replicated: bool,
}

/// What a site that took over has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FailedOver {
    /// The volumes that it does not have.
    pub lost: Vec<VolumeId>,
}

/// A driver that can let another site take over.
pub trait Replication: Send + Sync {
    /// The sites that can take over, by `backend_id`, the first choice first. Empty where none is configured.
    fn targets(&self) -> Vec<String>;

    /// Lets `target` take over, or the first site again when there is none. Can be repeated; answers for all
    /// `volumes` that the backend has.
    ///
    /// # Errors
    /// It did not take over, or only in part, which the next call completes.
    fn fail_over(
        &self,
        work: &Work,
        volumes: &[Replica],
        target: Option<&str>,
    ) -> Result<FailedOver, DriverError>;
}

/// The family of `driver`.
///
/// # Errors
/// [`DriverError::Unsupported`] where it has none.
pub fn of<D: VolumeDriver + ?Sized>(driver: &D) -> Result<&dyn Replication, DriverError> {
    let none = || DriverError::Unsupported("Volume driver does not support replication.".to_owned());
    driver.replication().ok_or_else(none)
}

/// The sites of `driver`; none where it has no such family.
#[must_use]
pub fn targets<D: VolumeDriver + ?Sized>(driver: &D) -> Vec<String> {
    driver.replication().map(Replication::targets).unwrap_or_default()
}
