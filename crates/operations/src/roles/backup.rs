//! The backup role: look at the store, say that it lives, serve the queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ledger::{Handler, Worker};
use model::service::Binary;
use ports::BackupStore;
use store::StoreError;

use super::{Post, heartbeat};
use crate::{backup, backup_queue};

/// How long to wait before a store that cannot be used is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How backups are kept.
#[derive(Debug, Clone, Copy)]
pub struct BackupRole {
    /// Most backups and restores at the same time (`backup_max_operations`).
    pub concurrency: usize,
    /// Pause between two looks at the store (`backup_driver_stats_polling_interval`).
    pub look_every: Duration,
}

/// Starts to keep backups in `kept_in`. A store that cannot be used is shown as down and looked at again until it can;
/// its operations wait. Returns when it was looked at once.
///
/// # Errors
/// The store's own, at the first heartbeat.
pub async fn run_backup(
    post: &Post,
    kept_in: Arc<dyn BackupStore>,
    role: BackupRole,
) -> Result<(), StoreError> {
    let up = Arc::new(AtomicBool::new(is_usable(&kept_in, true).await));
    heartbeat::beat(post, Binary::Backup, &post.host, &post.zone, up.load(Ordering::Relaxed)).await?;
    let (host, zone) = (post.host.clone(), post.zone.clone());
    post.supervisor.spawn(heartbeat::keep_beating(post.clone(), Binary::Backup, host, zone, Arc::clone(&up)));
    post.supervisor.spawn(look_after(post.clone(), kept_in, role, up));
    Ok(())
}

async fn look_after(post: Post, kept_in: Arc<dyn BackupStore>, role: BackupRole, up: Arc<AtomicBool>) {
    while !up.load(Ordering::Relaxed) {
        if !post.pause(LOOK_AGAIN).await {
            return;
        }
        up.store(is_usable(&kept_in, true).await, Ordering::Relaxed);
    }
    let handler: Arc<dyn Handler> = Arc::clone(&post.verbs) as _;
    let (store, hints) = (post.store.clone(), post.hints.clone());
    let worker = ledger::Settings { concurrency: role.concurrency.max(1), ..post.worker.clone() };
    Worker::start(backup_queue(&post.host), store, hints, handler, &post.supervisor, worker);
    post.supervisor.spawn(stand_in(post.clone()));
    while post.pause(role.look_every).await {
        up.store(is_usable(&kept_in, false).await, Ordering::Relaxed);
    }
}

/// Has living hosts go on with what dead ones were asked, until the process ends.
async fn stand_in(post: Post) {
    while post.pause(post.report_interval).await {
        let settings = Arc::clone(post.verbs.settings());
        match post.store.write(move |conn| backup::take_over(conn, &settings)).await {
            Ok(queues) => {
                for queue in queues {
                    tracing::warn!(queue, "goes on with what a dead host was asked to do with backups");
                    post.hints.give(&queue);
                }
            }
            Err(error) => tracing::error!(error = error.chain(), "cannot look for dead keepers of backups"),
        }
    }
}

/// Checks the store, and before anybody uses it removes what dead calls left half-made.
async fn is_usable(kept_in: &Arc<dyn BackupStore>, sweep: bool) -> bool {
    let kept_in = Arc::clone(kept_in);
    let checked = tokio::task::spawn_blocking(move || {
        kept_in.check()?;
        if sweep { kept_in.sweep() } else { Ok(0) }
    });
    match checked.await {
        Ok(Ok(swept)) => {
            if sweep {
                tracing::info!(swept, "the store of backups can be used");
            }
            true
        }
        Ok(Err(error)) => {
            tracing::error!(why = error.chain(), "the store of backups cannot be used");
            false
        }
        Err(panic) => {
            tracing::error!(why = %panic, "the store of backups failed badly");
            false
        }
    }
}
