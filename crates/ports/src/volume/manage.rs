//! Taking over what lies on a backend already, and letting go of what is ours without touching its data.
//!
//! Taking over gives a thing our name. That can be repeated like every effect: what has our name already was taken
//! over. A take-over that has to be called off is handed back under the name that it had.

use serde::{Deserialize, Serialize};

use super::{DriverError, FoundKind, Provisioned, SnapshotRef, VolumeDriver, VolumeRef};
use crate::Work;

/// Most things that a driver lists at once; a backend with more says that it has too many.
pub const MAX_LISTED: usize = 100_000;

/// How an administrator names something on a backend. Which of the two a driver understands is its own affair.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reference {
    /// Its name there (`source-name`).
    #[serde(rename = "source-name", default, skip_serializing_if = "Option::is_none")]
    pub source_name: Option<String>,
    /// Its identifier there (`source-id`).
    #[serde(rename = "source-id", default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
}

impl Reference {
    /// The thing of this name.
    #[must_use]
    pub fn name(name: impl Into<String>) -> Self {
        Self { source_name: Some(name.into()), source_id: None }
    }

    /// The name, for a driver that needs one.
    ///
    /// # Errors
    /// [`DriverError::Refused`] when there is none.
    pub fn required_name(&self) -> Result<&str, DriverError> {
        let why = || DriverError::Refused("Reference must contain source-name element.".to_owned());
        self.source_name.as_deref().ok_or_else(why)
    }
}

/// Something on the backend, ours or not, that was not looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// How to name it.
    pub reference: Reference,
    /// What it is by its name, when that is one of ours. Only who has the rows can tell whether it still is.
    pub ours: Option<FoundKind>,
    /// What a snapshot is of, where the backend knows.
    pub origin: Option<Reference>,
}

/// The same, looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Existing {
    /// Its size in GiB, rounded up; 0 where it could not be found out.
    pub size_gib: u64,
    /// What it is by its name, when that is one of ours.
    pub ours: Option<FoundKind>,
    /// Why it must not be taken over, whoever it belongs to.
    pub unsafe_because: Option<String>,
}

/// A driver that can take things over.
pub trait Manage: Send + Sync {
    /// What could be a volume, in no order. Nothing is opened: somebody may be at work on it.
    ///
    /// # Errors
    /// The backend cannot be asked, or holds more than [`MAX_LISTED`].
    fn volumes(&self) -> Result<Vec<Named>, DriverError>;

    /// What could be a snapshot, in no order.
    ///
    /// # Errors
    /// As [`Manage::volumes`].
    fn snapshots(&self) -> Result<Vec<Named>, DriverError>;

    /// Looks at one thing, whether listed or not.
    ///
    /// # Errors
    /// [`DriverError::Missing`], or [`DriverError::Refused`] for a name that nothing can have.
    fn look_at(&self, reference: &Reference) -> Result<Existing, DriverError>;

    /// Makes what `reference` names our `volume`, and grows it to the volume's size, which is its own rounded up.
    ///
    /// # Errors
    /// It is where it was, or half taken over, which the next call and [`Manage::hand_back_volume`] recognise.
    fn adopt_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        reference: &Reference,
    ) -> Result<Provisioned, DriverError>;

    /// Undoes [`Manage::adopt_volume`], as far as it came. Never replaces what has the old name by now.
    ///
    /// # Errors
    /// It still has our name.
    fn hand_back_volume(&self, volume: &VolumeRef, reference: &Reference) -> Result<(), DriverError>;

    /// Lets go of `volume`. Its data stay, and it can be taken over again.
    ///
    /// # Errors
    /// It is still ours.
    fn release_volume(&self, volume: &VolumeRef) -> Result<(), DriverError>;

    /// Makes what `reference` names our `snapshot`.
    ///
    /// # Errors
    /// As [`Manage::adopt_volume`].
    fn adopt_snapshot(
        &self,
        work: &Work,
        snapshot: &SnapshotRef,
        reference: &Reference,
    ) -> Result<Provisioned, DriverError>;

    /// Undoes [`Manage::adopt_snapshot`], as far as it came.
    ///
    /// # Errors
    /// As [`Manage::hand_back_volume`].
    fn hand_back_snapshot(&self, snapshot: &SnapshotRef, reference: &Reference) -> Result<(), DriverError>;

    /// Lets go of `snapshot`. Its data stay.
    ///
    /// # Errors
    /// As [`Manage::release_volume`].
    fn release_snapshot(&self, snapshot: &SnapshotRef) -> Result<(), DriverError>;
}

/// The family of `driver`.
///
/// # Errors
/// [`DriverError::Unsupported`] where it has none.
pub fn of<D: VolumeDriver + ?Sized>(driver: &D) -> Result<&dyn Manage, DriverError> {
    let none =
        || DriverError::Unsupported("Volume driver does not support managing existing volumes.".to_owned());
    driver.manage().ok_or_else(none)
}
