//! What a backup says of itself.

/// What is kept of a backup beside its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The backup.
    pub backup_id: String,
    /// The volume.
    pub volume_id: String,
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// `2026-01-31 12:00:00+00:00`.
    pub created_at: String,
    /// The backup that it is an increment of.
    pub parent_id: Option<String>,
    /// The volume's own data, as JSON text.
    pub volume_meta: Option<String>,
}
