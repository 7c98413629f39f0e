//! Backends whose volumes are also kept elsewhere, so that another site can take over.

use model::{GroupId, VolumeId};

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

    /// Whether single groups can be replicated, and not only the backend as a whole.
    fn replicates_groups(&self) -> bool {
        false
    }

    /// Has the volumes of `group` kept so, all of them. Can be repeated; what was cut off is completed, or undone, by
    /// the next call. What is kept of a volume elsewhere goes with the volume when that is removed.
    ///
    /// # Errors
    /// Not all of them are kept so; [`DriverError::Unsupported`] where single groups cannot be replicated.
    fn replicate_group(&self, work: &Work, group: &ReplicatedGroup, kept: &Kept) -> Result<(), DriverError> {
        let _ = (work, group, kept);
        Err(DriverError::Unsupported("Volume driver does not replicate single groups.".to_owned()))
    }
}

/// A group of volumes that is replicated by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicatedGroup {
    /// The group.
    pub id: GroupId,
    /// All of its volumes.
    pub volumes: Vec<VolumeRef>,
}

/// Where the volumes of a group are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// At the first site alone.
    Here,
    /// At every site.
    Everywhere {
        /// The site that works; none is the first one.
        active: Option<String>,
    },
}

/// The family of `driver`.
///
/// # Errors
/// [`DriverError::Unsupported`] where it has none.
pub fn of<D: VolumeDriver + ?Sized>(driver: &D) -> Result<&dyn Replication, DriverError> {
    let none = || DriverError::Unsupported("Volume driver does not support replication.".to_owned());
    driver.replication().ok_or_else(none)
}

/// Whether `driver` replicates single groups.
#[must_use]
pub fn replicates_groups<D: VolumeDriver + ?Sized>(driver: &D) -> bool {
    driver.replication().is_some_and(Replication::replicates_groups)
}

/// The sites of `driver`; none where it has no such family.
#[must_use]
pub fn targets<D: VolumeDriver + ?Sized>(driver: &D) -> Vec<String> {
    driver.replication().map(Replication::targets).unwrap_or_default()
}
