//! The storage service, as far as an attachment needs it.

use model::{Connector, VolumeId};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::initiator::Encryption;

/// Why the service has not done what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ServiceError {
    /// It answered with a refusal.
    #[error("the service refuses ({status}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// In its own words.
        message: String,
    },
    /// It did not answer, or nobody understands what it said. Whether it has done it is not known.
    #[error("the service cannot be asked: {0}")]
    Unknown(String),
}

impl ServiceError {
    /// Whether there is no such thing.
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }
}

/// An attachment as the service shows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shown {
    /// Its identifier.
    pub id: String,
    /// `reserved`, `attaching`, `attached`, …
    pub status: String,
    /// The server that it is for, if it is for one.
    pub instance: Option<String>,
    /// How to connect; empty while it is only reserved.
    pub connection_info: Map<String, Value>,
    /// Since when it is attached.
    pub attached_at: Option<String>,
}

/// The storage service. Calls block.
pub trait Service: Send + Sync {
    /// The attachments of a volume, with their details.
    ///
    /// # Errors
    /// It refuses or cannot be asked; so with all of these.
    fn attachments(&self, volume: VolumeId) -> Result<Vec<Shown>, ServiceError>;

    /// An attachment; none when it is the service's own word that there is no such, and nobody else's.
    fn show(&self, attachment: &str) -> Result<Option<Shown>, ServiceError>;

    /// Reserves a volume; the attachment's identifier.
    fn reserve(&self, volume: VolumeId, read_only: bool) -> Result<String, ServiceError>;

    /// Says who connects; how to.
    fn offer(&self, attachment: &str, connector: &Connector) -> Result<Map<String, Value>, ServiceError>;

    /// Says that the host has connected.
    fn complete(&self, attachment: &str) -> Result<(), ServiceError>;

    /// Removes an attachment. One that is gone is no error.
    fn release(&self, attachment: &str) -> Result<(), ServiceError>;

    /// Whether several may have a volume at once.
    fn is_shared(&self, volume: VolumeId) -> Result<bool, ServiceError>;

    /// How an encrypted volume is opened.
    fn encryption(&self, volume: VolumeId) -> Result<Encryption, ServiceError>;

    /// How large a volume is, in bytes; none when there is no such volume.
    fn size_bytes(&self, volume: VolumeId) -> Result<Option<u64>, ServiceError>;
}
