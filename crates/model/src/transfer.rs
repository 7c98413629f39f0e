//! Offers of volumes to other projects.

use serde::{Deserialize, Serialize};

use crate::{ProjectId, Timestamp, TransferId, VolumeId};

/// An offer of a volume to whoever knows its auth key, until it is accepted or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Identifier.
    pub id: TransferId,
    /// What is offered.
    pub volume_id: VolumeId,
    /// Whose it is.
    pub project_id: ProjectId,
    /// Display name.
    pub name: Option<String>,
    /// Whether the snapshots stay with the project that offers.
    pub no_snapshots: bool,
    /// Salt of [`Transfer::key_hash`].
    pub salt: String,
    /// What is kept of the auth key, which nobody can be told again.
    pub key_hash: String,
    /// When it was offered.
    pub created_at: Timestamp,
}
