//! Those who work: schedulers, backends, housekeeping.

use std::sync::Arc;
use std::time::Duration;

use ledger::{Hints, Supervisor};
use operations::backup::Keeper;
use operations::desk::PATIENCE;
use operations::image::{ImageHouse, Images};
use operations::roles::{self, Housekeeping, Post, VolumeRole};
use operations::{Backend, Backends, Desk, Verbs};
use ports::volume::here::machine;
use ports::{Exec, KeyManager, Scratch};
use store::{Store, StoreError};
use tokio::sync::oneshot;

use super::Role;
use super::settings::Service;
use crate::cli::Failure;

/// How long the start waits for backends to be looked at. A mount that hangs does not keep the others, and the APIs,
/// from working.
const FIRST_LOOK: Duration = Duration::from_millis(500);
/// Pause before a backend is started again that the database could not be told of.
const START_AGAIN: Duration = Duration::from_secs(2);

/// Everything that works, before it is started.
pub(super) struct Crew {
    pub(super) desk: Desk,
    post: Post,
    backends: Arc<Backends>,
    keeper: Option<Keeper>,
    /// What the owners of this process's claims begin with, in all of its lives.
    owner: String,
}

/// Who works: a host, and which of the processes there that share a database.
pub(super) struct Seat {
    /// `host` of the configuration.
    pub(super) host: String,
    /// The process, in all of its lives.
    pub(super) of: String,
}

impl Seat {
    /// What the owners of its claims begin with.
    pub(super) fn owner(&self) -> String {
        format!("{}/{}", self.host, self.of)
    }
}

/// What work needs beside the database and the backends.
pub(super) struct Means {
    /// Where images are kept, and under which rules.
    pub(super) house: ImageHouse,
    /// Who keeps backups; none when this process does not.
    pub(super) keeper: Option<Keeper>,
    /// Who keeps the keys of encrypted volumes.
    pub(super) keys: Arc<dyn KeyManager>,
    /// How external programs are run.
    pub(super) exec: Exec,
    /// Where they convert files; none when this process does not.
    pub(super) scratch: Option<Scratch>,
}

impl Crew {
    pub(super) fn assemble(
        store: Store,
        seat: &Seat,
        backends: Backends,
        means: Means,
        service: &Service,
        supervisor: &Supervisor,
    ) -> Self {
        let Means { house, keeper, keys, exec, scratch } = means;
        let hints = Hints::default();
        let settings = Arc::new(service.operations.clone());
        let backends = Arc::new(backends);
        let incarnation = model::OperationId::random();
        let verbs = Verbs::new(store.clone(), hints.clone(), Arc::clone(&backends), Arc::clone(&settings))
            .with_images(&house)
            .with_programs(exec, scratch)
            .with_keeper(keeper.clone())
            .with_compute(service.compute.clone())
            .with_keys(keys);
        let post = Post {
            store: store.clone(),
            hints: hints.clone(),
            supervisor: supervisor.clone(),
            verbs: Arc::new(verbs),
            worker: ledger::Settings::of(format!("{}/{incarnation}", seat.owner())),
            host: seat.host.clone(),
            // On a machine that has no name, nobody else finds anything.
            machine: machine().unwrap_or_else(|_| seat.owner()),
            zone: service.zone.clone(),
            report_interval: service.report_interval,
        };
        let compute = service.compute.clone();
        let desk = Desk { store, hints, settings, compute, patience: PATIENCE };
        Self { desk, post, backends, keeper, owner: seat.owner() }
    }

    /// What every role needs.
    pub(super) const fn post(&self) -> &Post {
        &self.post
    }

    /// Starts what is played. Parts that need nothing of each other start together, so that what they write is committed
    /// together.
    pub(super) async fn start(
        &self,
        played: &[Role],
        service: &Service,
        images: &Images,
    ) -> Result<(), Failure> {
        let owner = self.owner.clone();
        let released = self.post.store.write(move |conn| store::operations::release_host(conn, &owner));
        let released = released.await.map_err(|error: StoreError| error.chain())?;
        if released > 0 {
            tracing::info!(released, "going on with what an earlier process had begun");
        }
        if played.contains(&Role::Volume) {
            // The scheduler gives no volume up for want of a backend that has just started.
            let registered = roles::register_volumes(&self.post, self.backends.values()).await;
            registered.map_err(|error| error.chain())?;
        }
        let volumes = async {
            if played.contains(&Role::Volume) {
                self.start_backends(VolumeRole { report_every: service.report_every }).await;
            }
            if service.compute.is_some() && played.contains(&Role::Volume) {
                roles::run_compute(&self.post);
            }
            Ok::<_, StoreError>(())
        };
        let scheduler = async {
            if played.contains(&Role::Scheduler) {
                roles::run_scheduler(&self.post).await?;
            }
            Ok(())
        };
        let images = async {
            if played.contains(&Role::Image) {
                roles::run_image(&self.post, images).await?;
            }
            Ok(())
        };
        let backups = async {
            if played.contains(&Role::Backup)
                && let Some(keeper) = &self.keeper
            {
                let kept_in = Arc::clone(&keeper.engine.store);
                roles::run_backup(&self.post, kept_in, service.backup).await?;
                self.post.supervisor.spawn(roles::keep_policies(self.post.clone(), self.desk.clone()));
            }
            Ok(())
        };
        tokio::try_join!(volumes, scheduler, images, backups).map_err(|error| error.chain())?;
        let ttl_s = u64::try_from(service.operations.message_ttl_s).unwrap_or_default();
        let house = Housekeeping { keep_messages: Duration::from_secs(ttl_s), ..Housekeeping::default() };
        self.post.supervisor.spawn(roles::keep_house(self.post.clone(), house));
        Ok(())
    }

    async fn start_backends(&self, role: VolumeRole) {
        if self.backends.values().next().is_none() {
            tracing::error!("no backend can be run: volumes wait for a process that has one");
        }
        let looks: Vec<_> = self
            .backends
            .values()
            .map(|backend| {
                let (looked, look) = oneshot::channel();
                self.post.supervisor.spawn(start_backend(self.post.clone(), backend.clone(), role, looked));
                look
            })
            .collect();
        let all = async {
            for look in looks {
                // A task that ends without a word has told why in the log.
                let _ = look.await;
            }
        };
        if tokio::time::timeout(FIRST_LOOK, all).await.is_err() {
            tracing::warn!("a backend takes its time; going on without it until it answers");
        }
    }
}

/// Starts to look after a backend, however often that takes; says through `looked` when it was tried once.
async fn start_backend(post: Post, backend: Backend, role: VolumeRole, looked: oneshot::Sender<()>) {
    let mut stopping = post.supervisor.stopping();
    let mut looked = Some(looked);
    loop {
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            started = roles::run_volume(&post, backend.clone(), role) => match started {
                Ok(()) => {
                    // Nobody may be waiting any more.
                    looked.map(|looked| looked.send(()));
                    return;
                }
                Err(error) => {
                    let (backend, error) = (&backend.host, error.chain());
                    tracing::error!(backend, error, "the backend is not looked after yet");
                }
            },
        }
        looked.take().map(|looked| looked.send(()));
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(START_AGAIN) => {}
        }
    }
}
