//! A process, in all of its lives.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ledger::{Hint, Hints, Relay, Supervisor};
use operations::roles::{self, Post, VolumeRole};
use operations::{Backend, Backends, Desk, Settings, Verbs};
use store::StoreError;
use store::simulated::Link;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::Design;
use super::site::{Site, lock};
use super::storage::{self, Storage};
use super::way::{SILENCE, Way, paced};
use crate::process::{plain_backend, settings};
use crate::{BackendOptions, Options};

/// Seconds without a heartbeat after which a service is down, and between two heartbeats: Cinder's.
const DOWN_TIME_S: i64 = 60;
pub(super) const REPORT_INTERVAL: Duration = Duration::from_secs(10);

/// What a process is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Api(u8),
    Scheduler(u8),
    /// Has a storage of its own.
    Alone,
    /// Shares a storage with the other ones.
    Member(u8),
}

impl Part {
    pub(super) const ALL: [Self; 7] = [
        Self::Api(1),
        Self::Api(2),
        Self::Scheduler(1),
        Self::Scheduler(2),
        Self::Alone,
        Self::Member(1),
        Self::Member(2),
    ];

    pub(super) fn host(self) -> String {
        match self {
            Self::Api(number) => format!("api-{number}"),
            Self::Scheduler(number) => format!("scheduler-{number}"),
            Self::Alone => "volume-alone".to_owned(),
            Self::Member(number) => format!("volume-{number}"),
        }
    }

    pub(super) fn storage(self) -> Option<Storage> {
        match self {
            Self::Api(_) | Self::Scheduler(_) => None,
            Self::Alone => Some(storage::OWN),
            Self::Member(_) => Some(storage::SHARED),
        }
    }
}

/// A process and what is wrong with its host.
pub(super) struct Node {
    pub(super) part: Part,
    pub(super) site: Arc<Site>,
    lives: AtomicU64,
    life: Mutex<Option<Life>>,
    /// Until when it stands still, is cut off from the database, and from the broker.
    pub(super) stands_still: Mutex<Instant>,
    pub(super) cut_off: Mutex<Instant>,
    pub(super) unheard: Mutex<Instant>,
    /// How far its own clock is ahead, in microseconds.
    pub(super) ahead_us: AtomicI64,
    /// Who hears what this process says, and who hears for it.
    ears: Mutex<Option<mpsc::UnboundedSender<Hint>>>,
}

/// One life of a process.
struct Life {
    is_dead: Arc<AtomicBool>,
    supervisor: Supervisor,
    desk: Desk,
}

impl Node {
    pub(super) fn new(site: &Arc<Site>, part: Part) -> Arc<Self> {
        let now = Instant::now();
        Arc::new(Self {
            part,
            site: Arc::clone(site),
            lives: AtomicU64::new(0),
            life: Mutex::default(),
            stands_still: Mutex::new(now),
            cut_off: Mutex::new(now),
            unheard: Mutex::new(now),
            ahead_us: AtomicI64::new(0),
            ears: Mutex::default(),
        })
    }

    /// Where this process takes requests; none while it is dead.
    pub(super) fn desk(&self) -> Option<Desk> {
        lock(&self.life).as_ref().map(|life| life.desk.clone())
    }

    /// Whether it lives, moves, and reaches the database.
    pub(super) fn is_well(&self) -> bool {
        let now = Instant::now();
        let away = [&self.stands_still, &self.cut_off, &self.site.database_away];
        lock(&self.life).is_some() && away.iter().all(|until| *lock(until) <= now)
    }

    pub(super) fn heal(self: &Arc<Self>) {
        let now = Instant::now();
        for until in [&self.stands_still, &self.cut_off, &self.unheard] {
            *lock(until) = now;
        }
        if lock(&self.life).is_none() {
            self.start();
        }
    }

    /// Ends the process as `kill -9` does.
    pub(super) async fn kill(&self) {
        let life = lock(&self.life).take();
        *lock(&self.ears) = None;
        if let Some(life) = life {
            life.is_dead.store(true, Ordering::Relaxed);
            // It commits and touches nothing any more; what waits is cut off.
            life.supervisor.stop(Duration::ZERO).await;
        }
    }

    /// Begins the next life.
    pub(super) fn start(self: &Arc<Self>) {
        let number = self.lives.fetch_add(1, Ordering::Relaxed) + 1;
        let host = self.part.host();
        let is_dead = Arc::new(AtomicBool::new(false));
        let way = || Arc::new(Way { node: Arc::clone(self), is_dead: Arc::clone(&is_dead) });
        let link: Arc<dyn Link> = way();
        let store = self.site.memory.behind(link);
        // A look at a backend is short; an effect may take longer than a lease.
        let supervisor = Supervisor::with_blocking(paced(&way(), 0));
        let (hints, settings) = (Hints::default(), Arc::new(our_settings(self.site.remembers)));
        let owner = format!("{host}/process/{number}");
        let backends: Arc<Backends> = Arc::new(self.backend(&owner).into_iter().collect());
        let verbs = Verbs::new(store.clone(), hints.clone(), Arc::clone(&backends), Arc::clone(&settings));
        let mut worker = ledger::Settings::of(owner);
        if self.site.design == Design::HintsOnly {
            worker.poll = Duration::from_secs(24 * 3600);
        }
        let post = Post {
            store: store.clone(),
            hints: hints.clone(),
            supervisor: supervisor.clone(),
            verbs: Arc::new(verbs.with_blocking(paced(&way(), 2))),
            worker,
            host,
            machine: "machine".to_owned(),
            zone: "nova".to_owned(),
            report_interval: REPORT_INTERVAL,
        };
        let desk = Desk { store, hints: hints.clone(), settings, compute: None, patience: SILENCE };
        *lock(&self.life) = Some(Life { is_dead, supervisor: supervisor.clone(), desk });
        self.listen(&hints, &supervisor);
        supervisor.spawn(work(self.part, post, backends));
    }

    fn backend(&self, owner: &str) -> Option<Backend> {
        let storage = self.part.storage()?;
        let driver = storage::open(&self.site, storage, owner);
        let host = format!("{}@{}", self.part.host(), storage.name);
        let cluster = matches!(self.part, Part::Member(_)).then(|| format!("cluster@{}", storage.name));
        Some(Backend { cluster, ..plain_backend(host, driver, storage.name, "nova") })
    }

    /// Has the process hear what comes.
    fn listen(self: &Arc<Self>, hints: &Hints, supervisor: &Supervisor) {
        let Some(relay) = hints.relay() else { return };
        let (ears, heard) = mpsc::unbounded_channel();
        *lock(&self.ears) = Some(ears);
        relay.set_connected(true);
        supervisor.spawn(pass_on(Arc::clone(self), relay, heard));
    }

    /// Whether the broker hears this process, and it the broker.
    fn hears(&self) -> bool {
        let now = Instant::now();
        [&self.unheard, &self.cut_off, &self.site.broker_away].iter().all(|until| *lock(until) <= now)
    }
}

/// Plays the part of a process until it ends.
async fn work(part: Part, post: Post, backends: Arc<Backends>) {
    let (store, host) = (post.store.clone(), format!("{}/process", post.host));
    // A process that cannot reach its database at the start tries again, as systemd has it do.
    loop {
        let host = host.clone();
        if store.write(move |conn| store::operations::release_host(conn, &host)).await.is_err() {
            continue;
        }
        let started = match part {
            Part::Api(_) => Ok(()),
            Part::Scheduler(_) => roles::run_scheduler(&post).await,
            Part::Alone | Part::Member(_) => run_backends(&post, &backends).await,
        };
        if started.is_ok() {
            return;
        }
        sleep(Duration::from_secs(2)).await;
    }
}

async fn run_backends(post: &Post, backends: &Backends) -> Result<(), StoreError> {
    roles::register_volumes(post, backends.values()).await?;
    for backend in backends.values() {
        let role = VolumeRole { report_every: Duration::from_secs(60) };
        roles::run_volume(post, backend.clone(), role).await?;
    }
    Ok(())
}

/// Takes hints to the broker and from there, some of which are lost, late, or come twice.
async fn pass_on(node: Arc<Node>, mut relay: Relay, mut heard: mpsc::UnboundedReceiver<Hint>) {
    loop {
        tokio::select! {
            biased;
            Some(hint) = heard.recv() => relay.arrived(&hint),
            Some(hint) = relay.outgoing.recv() => node.site.tell(&node, hint),
            else => return,
        }
    }
}

impl Site {
    /// Has everybody else hear a hint, sooner or later or not at all.
    fn tell(self: &Arc<Self>, from: &Arc<Node>, hint: Hint) {
        if !from.hears() {
            return;
        }
        for node in self.nodes() {
            if Arc::ptr_eq(&node, from) || self.happens(10) {
                continue;
            }
            for _ in 0..=u64::from(self.happens(5)) {
                let (site, node, hint) = (Arc::clone(self), Arc::clone(&node), hint.clone());
                self.spawn(async move {
                    site.wait(1, 100).await;
                    if let Some(ears) = lock(&node.ears).as_ref().filter(|_| node.hears()) {
                        // It may have died meanwhile.
                        let _ = ears.send(hint);
                    }
                });
            }
        }
    }
}

/// Settings of a cloud that nobody has configured. There are few pools; whoever `remembers` takes them for many.
fn our_settings(remembers: bool) -> Settings {
    let none: [BackendOptions; 0] = [];
    let plain = settings(&Options::with(none));
    let few_pools = if remembers { 0 } else { plain.few_pools };
    let (first_retry_ms, longest_retry_ms) = (1_000, 60_000);
    Settings { service_down_time_s: DOWN_TIME_S, first_retry_ms, longest_retry_ms, few_pools, ..plain }
}
