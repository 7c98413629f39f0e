//! What we ask of the broker that tells others what happened here.

use thiserror::Error;

/// Something that happened, in the words of OpenStack's notifications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Its name, by which a listener knows one that comes twice.
    pub message_id: String,
    /// What happened: `volume.create.end`.
    pub event_type: String,
    /// Where: `volume.host@backend`.
    pub publisher_id: String,
    /// `INFO` or `ERROR`.
    pub priority: String,
    /// The request that asked for it.
    pub request_id: Option<String>,
    /// The project of who asked.
    pub project_id: String,
    /// Who asked.
    pub user_id: String,
    /// The facts, as JSON text.
    pub payload: String,
    /// When it happened, in UTC: `2026-11-20 18:40:32.356813`.
    pub timestamp: String,
}

/// Why it may be that nobody was told.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AnnounceError {
    /// The broker is away, or did not confirm.
    #[error("{0}")]
    Unavailable(String),
}

/// A broker. Calls block.
pub trait Announcer: Send + Sync {
    /// Tells all of them, in their order; returns when the broker has taken them over.
    ///
    /// # Errors
    /// Some may not have been taken. All may be told again: listeners know them by their names.
    fn announce(&self, announcements: &[Announcement]) -> Result<(), AnnounceError>;
}
