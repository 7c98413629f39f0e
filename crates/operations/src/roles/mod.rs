//! What a process does beside carrying on operations: it lives, it reports, it cleans up behind itself.

mod announce;
mod backup;
mod compute;
mod exports;
mod heartbeat;
mod housekeeping;
mod image;
mod policies;
mod report;
mod scheduler;
mod stand_in;
mod volume;

pub use announce::announce;
pub use backup::{BackupRole, run_backup};
pub use compute::run_compute;
pub use housekeeping::{Housekeeping, keep_house};
pub use image::run_image;
pub use policies::keep_policies;
pub use scheduler::run_scheduler;
pub use volume::{VolumeRole, register_volumes, run_volume};

use std::sync::Arc;
use std::time::Duration;

use ledger::{Hints, Supervisor};
use store::Store;

use crate::Verbs;

/// What every role needs.
#[derive(Clone)]
pub struct Post {
    /// The database.
    pub store: Store,
    /// Wake-ups.
    pub hints: Hints,
    /// Who starts and stops tasks.
    pub supervisor: Supervisor,
    /// Who carries operations on.
    pub verbs: Arc<Verbs>,
    /// How workers work.
    pub worker: ledger::Settings,
    /// This host's name (`host`).
    pub host: String,
    /// The machine that it is, until that is started again ([`ports::volume::here::machine`]).
    pub machine: String,
    /// Zone of the services (`storage_availability_zone`).
    pub zone: String,
    /// Pause between two heartbeats (`report_interval`).
    pub report_interval: Duration,
}

impl Post {
    /// Sleeps for `pause`; false when the process is to end.
    async fn pause(&self, pause: Duration) -> bool {
        let mut stopping = self.supervisor.stopping();
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => false,
            () = tokio::time::sleep(pause) => true,
        }
    }
}
