//! The desk at which requests are accepted: the store, the hints, and what the configuration says about admission.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ledger::Hints;
use model::{ProjectId, Refusal, UserId};
use ports::Compute;
use store::operations::NewOperation;
use store::{Conn, Store};

use crate::Refused;
use crate::cause::Cause;

/// What admission and placement need of the configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Zone of a volume when nothing says otherwise (`default_availability_zone`).
    pub default_zone: String,
    /// Whether an unknown zone falls back to the default one (`allow_availability_zone_fallback`).
    pub zone_fallback: bool,
    /// Whether a volume from a source stays in the zone of the source (`cloned_volume_same_az`).
    pub cloned_volume_same_zone: bool,
    /// Name of the type that a volume gets when the request names none (`default_volume_type`).
    pub default_volume_type: String,
    /// Name of the group type that clients are told to be the default one (`default_group_type`).
    pub default_group_type: Option<String>,
    /// Limits of the configuration by name (`quota_volumes` as `volumes`, …); what is absent is the built-in default.
    pub quota_defaults: BTreeMap<String, i64>,
    /// Whether limits of the class `default` come before those of the configuration (`use_default_quota_class`).
    pub use_default_quota_class: bool,
    /// Largest volume in GiB; -1 is none (`per_volume_size_limit`).
    pub per_volume_gib: i64,
    /// Whether snapshots are left out of the gigabytes (`no_snapshot_gb_quota`).
    pub no_snapshot_gib: bool,
    /// Seconds without a heartbeat after which a service is down (`service_down_time`).
    pub service_down_time_s: i64,
    /// Seconds that a server may take to grow a volume which its host has to grow (`extend_completion_timeout`).
    pub extend_completion_timeout_s: i64,
    /// Whether an image may be made by force of an attached volume (`enable_force_upload`).
    pub force_upload: bool,
    /// How long user messages are kept, in seconds (`message_ttl`).
    pub message_ttl_s: i64,
    /// Digits of the key of a transfer, and of its salt.
    pub transfer: TransferDigits,
    /// How volumes are placed.
    pub placement: Arc<placement::Policy>,
    /// Up to how many pools all are looked at, and kept from others, where one is chosen. Of more, one is chosen by what
    /// is remembered of them, and only that is looked at again.
    pub few_pools: usize,
    /// Whether others are told what happens (`[oslo_messaging_notifications] driver`).
    pub announces: bool,
    /// Whether they are told who asks for which change (`[audit_middleware_notifications] driver`).
    pub audits: bool,
    /// How long a failed external effect waits before its second try, in milliseconds; doubled with each further one.
    pub first_retry_ms: u64,
    /// The longest it waits between two tries, in milliseconds.
    pub longest_retry_ms: u64,
}

/// As many pools are read and locked in the time of a statement or two.
pub const FEW_POOLS: usize = 32;

/// How long the secrets of a transfer are, in hexadecimal digits.
#[derive(Debug, Clone, Copy)]
pub struct TransferDigits {
    /// Of the key that whoever accepts it has to know (`volume_transfer_key_length`).
    pub key: usize,
    /// Of the salt of its hash (`volume_transfer_salt_length`).
    pub salt: usize,
}

impl Default for TransferDigits {
    /// As Cinder's.
    fn default() -> Self {
        Self { key: 16, salt: 8 }
    }
}

/// Where requests are accepted. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    /// The database.
    pub store: Store,
    /// How workers are woken.
    pub hints: Hints,
    /// What the configuration says; replaced as a whole when it is read again.
    pub settings: Arc<Settings>,
    /// The compute service, when one is configured.
    pub compute: Option<Arc<dyn Compute>>,
    /// How long a client that waits for the storage is kept waiting; its operation goes on all the same.
    pub patience: Duration,
}

/// As long as OpenStack's services wait for each other.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The authority that the request's policy rule gives, asked about the owner of what is touched.
pub type May = dyn Fn(&ProjectId, &UserId) -> Result<(), Refusal> + Send + Sync;

/// Who asks.
#[derive(Clone)]
pub struct Requester {
    /// The user.
    pub user_id: UserId,
    /// The project that the token is scoped to.
    pub project_id: ProjectId,
    /// The request.
    pub request_id: Option<String>,
    /// Whether other projects' resources are visible.
    pub is_admin: bool,
    /// The policy rule of the request, to be asked about the owner of each resource that it touches.
    pub may: Arc<May>,
}

impl Requester {
    /// The operation that the request asks for. It knows nothing beside its resource, and reads nothing else.
    pub(crate) fn operation(
        &self,
        kind: &'static str,
        resource: String,
        queue: String,
        phase: &'static str,
    ) -> NewOperation {
        self.cause().operation(kind, resource, queue, phase)
    }

    /// Whom operations are for that the request leads to.
    pub(crate) fn cause(&self) -> Cause {
        Cause {
            project_id: self.project_id.clone(),
            user_id: self.user_id.clone(),
            request_id: self.request_id.clone(),
        }
    }

    /// Whether a resource of `project` is visible at all.
    #[must_use]
    pub fn sees(&self, project: &ProjectId) -> bool {
        self.is_admin || self.project_id == *project
    }
}

impl Desk {
    /// Runs one admission in one transaction.
    pub(crate) async fn admit<T: Send + 'static>(
        &self,
        admission: impl FnOnce(&Conn<'_>, &Settings) -> Result<T, Refused> + Clone + Send + 'static,
    ) -> Result<T, Refused> {
        let settings = Arc::clone(&self.settings);
        self.store.write(move |conn| admission(conn, &settings)).await
    }
}
