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

words! {
    /// How the replication of a backend, or of a volume, is (Block Storage API v3, `replication_status`).
    ReplicationStatus {
        /// It failed.
        Error = "error",
        /// What is kept here is kept elsewhere too.
        Enabled = "enabled",
        /// Switched off, or not set up.
        Disabled = "disabled",
        /// The backend has no such thing.
        NotCapable = "not-capable",
        /// Another site is taking over.
        FailingOver = "failing-over",
        /// No other site could take over.
        FailoverError = "failover-error",
        /// Another site has taken over.
        FailedOver = "failed-over",
        /// Being switched on.
        Enabling = "enabling",
        /// Being switched off.
        Disabling = "disabling",
    }
}

impl ReplicationStatus {
    /// Whether an operation is under way in this status.
    #[must_use]
    pub const fn is_transitional(self) -> bool {
        matches!(self, Self::Enabling | Self::Disabling | Self::FailingOver)
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
    /// A small number that stays the same, by which administrators name it.
    pub number: i64,
    /// The cluster that it is one of, `cluster@backend`.
    pub cluster_name: Option<String>,
    /// How the replication of its backend is; none for what has no backend, or has not said yet.
    pub replication_status: Option<ReplicationStatus>,
    /// The replication target that its backend works on since it was failed over.
    pub active_backend_id: Option<String>,
    /// When its backend was last begun to be brought up; none for what has none, or was started by an older version.
    pub started_at: Option<Timestamp>,
    /// How far the clock of its host was ahead of the database's at the last heartbeat, in milliseconds; negative when it
    /// was behind.
    pub clock_ahead_ms: i64,
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

/// Services that look after the same storage, so that each can do the others' work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// `cluster@backend`.
    pub name: String,
    /// What its services do.
    pub binary: Binary,
    /// Whether an administrator took all of it out of scheduling.
    pub disabled: bool,
    /// Why.
    pub disabled_reason: Option<String>,
    /// Whether control-plane changes are refused.
    pub frozen: bool,
    /// How the replication of its backend is.
    pub replication_status: ReplicationStatus,
    /// The replication target that its backend works on since it was failed over.
    pub active_backend_id: Option<String>,
    /// When its first service came.
    pub created_at: Timestamp,
    /// When an administrator last changed it.
    pub updated_at: Option<Timestamp>,
    /// The heartbeats of its services.
    pub heartbeats: Vec<Timestamp>,
}

impl Cluster {
    /// How many of its services have not beaten for `service_down_time_s` seconds.
    #[must_use]
    pub fn down(&self, now: Timestamp, service_down_time_s: i64) -> usize {
        let allowed_us = service_down_time_s.saturating_mul(1_000_000);
        self.heartbeats.iter().filter(|beat| now.since(**beat) > allowed_us).count()
    }

    /// Whether one of its services beats.
    #[must_use]
    pub fn is_up(&self, now: Timestamp, service_down_time_s: i64) -> bool {
        self.down(now, service_down_time_s) < self.heartbeats.len()
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
