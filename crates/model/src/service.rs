//! Services: the roles that run somewhere, as the API lists them.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, words};

words! {
    /// The part that a process plays, by the name under which operators know it.
    Binary {
        /// Places volumes.
        Scheduler = "cinder-scheduler",
        /// Looks after one backend.
        Volume = "cinder-volume",
        /// Keeps backups.
        Backup = "cinder-backup",
    }
}

/// A service row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// What it does.
    pub binary: Binary,
    /// `host` or `host@backend`.
    pub host: String,
    /// Stable identifier, shown as `service_uuid` of volumes.
    pub uuid: String,
    /// Zone that it serves.
    pub availability_zone: String,
    /// Whether an administrator took it out of scheduling.
    pub disabled: bool,
    /// Why.
    pub disabled_reason: Option<String>,
    /// Whether control-plane changes are refused.
    pub frozen: bool,
    /// Last heartbeat, by the database's clock.
    pub heartbeat_at: Timestamp,
    /// What the backend said about itself when it last reported, for `backend_state`.
    pub backend_up: bool,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When an administrator last changed it, or it last beat.
    pub updated_at: Timestamp,
}

impl Service {
    /// Whether the last heartbeat is younger than `service_down_time_s` seconds.
    #[must_use]
    pub const fn is_up(&self, now: Timestamp, service_down_time_s: i64) -> bool {
        now.since(self.heartbeat_at) <= service_down_time_s.saturating_mul(1_000_000)
    }
}

/// The service's part of a volume's `host@backend#pool`.
#[must_use]
pub fn backend_of(host: &str) -> &str {
    host.split_once('#').map_or(host, |(backend, _)| backend)
}

/// The pool's part of a volume's `host@backend#pool`.
#[must_use]
pub fn pool_of(host: &str) -> Option<&str> {
    host.split_once('#').map(|(_, pool)| pool)
}
