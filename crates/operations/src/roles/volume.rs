//! The volume role of one backend: bring it up, report its pools, serve its queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ledger::{Handler, Worker};
use model::MessageId;
use model::service::{Binary, ReplicationStatus};
use ports::volume::{Capabilities, Found, FoundKind, replication};
use store::backend_processes::BackendProcess;
use store::{Conn, StoreError};

use super::report::{self, Measured};
use super::{Post, exports, heartbeat, stand_in};
use crate::{Backend, SCHEDULER_QUEUE, base, failover_queue, report_hint, volume_queue};

/// How long to wait before a backend that cannot be used is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// Shortest pause between two reports, however often space is given back, unless they are to be even more frequent.
const MIN_REPORT_PAUSE: Duration = Duration::from_secs(1);

/// How a backend is looked after.
#[derive(Debug, Clone, Copy)]
pub struct VolumeRole {
    /// Pause between two reports (`backend_stats_polling_interval`).
    pub report_every: Duration,
}

/// Says that the services of these backends have started: before anything is to be placed on one of them.
///
/// # Errors
/// The store's own.
pub async fn register_volumes<'b>(
    post: &Post,
    backends: impl IntoIterator<Item = &'b Backend>,
) -> Result<(), StoreError> {
    let mine = |backend: &Backend| {
        let replicated = !replication::targets(&*backend.driver).is_empty();
        let uuid = MessageId::random().to_string();
        (process(post, backend), backend.zone.clone(), backend.cluster.clone(), uuid, replicated)
    };
    let services: Vec<_> = backends.into_iter().map(mine).collect();
    post.store
        .write(move |conn| {
            services.iter().try_for_each(|(process, zone, cluster, uuid, replicated)| {
                let host = &process.host;
                store::services::start(conn, host, zone, uuid)?;
                store::backend_processes::put(conn, process)?;
                store::clusters::join(conn, Binary::Volume, host, cluster.as_deref())?;
                set_replication(conn, host, *replicated)
            })
        })
        .await
}

/// Starts to look after `backend`, which is registered. A backend that cannot be used is shown as down and looked at again
/// until it can; its operations wait, but for a failover. Returns when it was looked at once.
///
/// # Errors
/// The store's own, at the first heartbeat.
pub async fn run_volume(post: &Post, backend: Backend, role: VolumeRole) -> Result<(), StoreError> {
    let measured = bring_up(post, &backend).await;
    let up = Arc::new(AtomicBool::new(measured.is_some()));
    match measured {
        Some(measured) => say_up(post, &backend, measured).await?,
        None => heartbeat::beat(post, Binary::Volume, &backend.host, &backend.zone, false).await.map(drop)?,
    }
    let (host, zone) = (backend.host.clone(), backend.zone.clone());
    post.supervisor.spawn(heartbeat::keep_beating(post.clone(), Binary::Volume, host, zone, Arc::clone(&up)));
    post.supervisor.spawn(exports::keep_exported(post.clone(), backend.clone()));
    post.supervisor.spawn(look_after(post.clone(), backend, role, up));
    Ok(())
}

/// This process, as far as those need to know it that are to copy from `backend`.
fn process(post: &Post, backend: &Backend) -> BackendProcess {
    let (owner, host) = (post.worker.owner.as_str(), backend.host.clone());
    let process = owner.rsplit_once('/').map_or(owner, |(process, _life)| process).to_owned();
    let machine = post.machine.clone();
    let Capabilities { shows_volumes, offers_volumes, .. } = backend.driver.capabilities();
    BackendProcess { host, process, machine, shows_volumes, offers_volumes }
}

/// Says that the backend can be used, and what it has. What waits for a place is looked at again: it may have waited for
/// the first report of this backend.
async fn say_up(post: &Post, backend: &Backend, measured: Measured) -> Result<(), StoreError> {
    let beat = heartbeat::of(Binary::Volume, &backend.host, &backend.zone, true);
    post.store
        .write(move |conn| {
            measured.keep(conn)?;
            beat(conn)?;
            store::operations::hurry_queue(conn, SCHEDULER_QUEUE, None, None)
        })
        .await?;
    post.hints.give(SCHEDULER_QUEUE);
    Ok(())
}

/// Says whether the backend is replicated, unless it is being failed over, or was.
fn set_replication(conn: &Conn<'_>, host: &str, replicated: bool) -> Result<(), StoreError> {
    let Some(service) = store::services::get(conn, Binary::Volume, host)? else { return Ok(()) };
    let status = if replicated { ReplicationStatus::Enabled } else { ReplicationStatus::Disabled };
    match service.replication_status {
        None | Some(ReplicationStatus::Enabled | ReplicationStatus::Disabled) => {
            store::services::set_replication(conn, host, status, None)?;
            match &service.cluster_name {
                Some(cluster) => store::clusters::set_replication(conn, cluster, status, None),
                None => Ok(()),
            }
        }
        Some(_) => Ok(()),
    }
}

async fn look_after(post: Post, backend: Backend, role: VolumeRole, up: Arc<AtomicBool>) {
    serve(&post, &backend, failover_queue);
    while !up.load(Ordering::Relaxed) {
        if !post.pause(LOOK_AGAIN).await {
            return;
        }
        if let Some(measured) = bring_up(&post, &backend).await {
            // Before that is said: the next heartbeat must not say otherwise.
            up.store(true, Ordering::Relaxed);
            if let Err(error) = say_up(&post, &backend, measured).await {
                up.store(false, Ordering::Relaxed);
                tracing::error!(backend = backend.host, error = error.chain(), "cannot report");
            }
        }
    }
    serve(&post, &backend, volume_queue);

    let changed = post.hints.of(&report_hint(&backend.host));
    let mut stopping = post.supervisor.stopping();
    loop {
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(role.report_every) => {}
            () = changed.notified() => {}
        }
        tidy(&post, &backend).await;
        match report::report(&post, &backend).await {
            Ok(()) => up.store(true, Ordering::Relaxed),
            Err(why) => {
                tracing::error!(backend = backend.host, why, "cannot report");
                up.store(false, Ordering::Relaxed);
            }
        }
        if !post.pause(MIN_REPORT_PAUSE.min(role.report_every)).await {
            return;
        }
    }
}

/// Works on what `queue` makes of the backend's name, and of those of dead members of its cluster.
fn serve(post: &Post, backend: &Backend, queue: fn(&str) -> String) {
    let work = {
        let post = post.clone();
        move |host: &str| {
            let handler: Arc<dyn Handler> = Arc::clone(&post.verbs) as _;
            let (store, hints) = (post.store.clone(), post.hints.clone());
            Worker::start(queue(host), store, hints, handler, &post.supervisor, post.worker.clone());
        }
    };
    work(&backend.host);
    if backend.cluster.is_some() {
        post.supervisor.spawn(stand_in::keep_watch(post.clone(), backend.clone(), work));
    }
}

/// Has the bases removed that are of no use any more.
async fn tidy(post: &Post, backend: &Backend) {
    let host = backend.host.clone();
    match post.store.write(move |conn| base::cache::tidy(conn, &host)).await {
        Ok(0) => {}
        Ok(_) => post.hints.give(&volume_queue(&backend.host)),
        Err(error) => {
            tracing::error!(backend = backend.host, error = error.chain(), "cannot look for old bases");
        }
    }
}

/// Checks the backend, removes what dead calls left half-made, and measures its pools; nothing if it cannot be used.
async fn bring_up(post: &Post, backend: &Backend) -> Option<Measured> {
    // What another member of the cluster is in the middle of is half-made, too.
    let is_alone = match stand_in::has_company(post, backend).await {
        Ok(company) => !company,
        Err(error) => {
            tracing::error!(backend = backend.host, error = error.chain(), "cannot look for its cluster");
            return None;
        }
    };
    let driver = Arc::clone(&backend.driver);
    let checked = post.supervisor.blocking().start(move || {
        driver.check()?;
        let swept = if is_alone { driver.sweep()? } else { 0 };
        Ok::<_, ports::DriverError>((swept, driver.list()?))
    });
    let found = match checked.await {
        Ok(Ok((swept, found))) => {
            tracing::info!(backend = backend.host, swept, found = found.len(), "the backend can be used");
            found
        }
        Ok(Err(error)) => {
            tracing::error!(backend = backend.host, why = error.chain(), "the backend cannot be used");
            return None;
        }
        Err(panic) => {
            tracing::error!(backend = backend.host, why = %panic, "the driver failed badly");
            return None;
        }
    };
    if let Err(error) = name_strangers(post, backend, found).await {
        tracing::error!(
            backend = backend.host,
            error = error.chain(),
            "cannot compare the backend with the rows"
        );
    }
    match report::measure(post, backend).await {
        Ok(measured) => Some(measured),
        Err(why) => {
            tracing::error!(backend = backend.host, why, "cannot measure");
            None
        }
    }
}

/// Names what carries one of our names but has no row. Nothing is deleted: it may be another installation's.
async fn name_strangers(post: &Post, backend: &Backend, found: Vec<Found>) -> Result<(), StoreError> {
    let strangers = post.store.read(move |conn| {
        let mut strangers = Vec::new();
        for thing in found {
            let known = match thing.kind {
                FoundKind::Volume(id) => {
                    store::volumes::named_on_backend(conn, id)?.is_some()
                        || store::copies::named_on_backend(conn, id)?.is_some()
                }
                FoundKind::Snapshot(id) => store::snapshots::get(conn, id)?.is_some(),
                FoundKind::Base(id) => store::bases::get(conn, id)?.is_some(),
                FoundKind::Unfinished => true,
            };
            if !known {
                strangers.push(thing);
            }
        }
        Ok::<_, StoreError>(strangers)
    });
    for stranger in strangers.await? {
        tracing::warn!(
            backend = backend.host,
            name = stranger.name,
            used_bytes = stranger.used_bytes,
            "on the backend without a row; left alone"
        );
    }
    Ok(())
}
