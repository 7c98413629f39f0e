//! What we ask of the compute service.

use thiserror::Error;

/// What happened to a volume that servers use (`os-server-external-events`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComputeEvent {
    /// It has grown.
    VolumeExtended,
    /// It has got another content.
    VolumeReimaged,
}

impl ComputeEvent {
    /// The name of it in the compute API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::VolumeExtended => "volume-extended",
            Self::VolumeReimaged => "volume-reimaged",
        }
    }

    /// The event of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::VolumeExtended, Self::VolumeReimaged].into_iter().find(|event| event.name() == name)
    }
}

/// Why the compute service did not answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ComputeError {
    /// It, or the identity service before it, cannot be asked now.
    #[error("the compute service cannot be asked: {0}")]
    Unavailable(String),
    /// It answers, and does not do it.
    #[error("the compute service answers {status}")]
    Refused {
        /// HTTP status.
        status: u16,
    },
}

impl ComputeError {
    /// Whether the same request may succeed later with nobody's help: it is not there, or fails, or does something to the
    /// server that has to end first.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Refused { status: 408 | 409 | 429 | 500.. })
    }
}

/// Where a server runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// On this host.
    On(String),
    /// On none (yet).
    Nowhere,
    /// The service does not tell our user.
    Hidden,
}

/// The compute service. Calls block.
pub trait Compute: Send + Sync {
    /// The attachment by which the server has the volume; none when it has not, or is not there itself.
    ///
    /// # Errors
    /// It is not known.
    fn attachment_of(&self, server: &str, volume: &str) -> Result<Option<String>, ComputeError>;

    /// Where the server runs.
    ///
    /// # Errors
    /// It is not known; 404 when there is no such server.
    fn whereabouts_of(&self, server: &str) -> Result<Whereabouts, ComputeError>;

    /// Has the server use `new` instead of `old`, with the same content. It is begun when this returns; the service says
    /// by `os-migrate_volume_completion` when it has ended.
    ///
    /// # Errors
    /// It may be begun or not.
    fn swap_volume(&self, server: &str, old: &str, new: &str) -> Result<(), ComputeError>;

    /// Tells every one of `servers` what happened to `volume`. Servers that are gone need not know. May be told again.
    ///
    /// # Errors
    /// Some of them may not know.
    fn tell(&self, event: ComputeEvent, servers: &[String], volume: &str) -> Result<(), ComputeError>;
}
