//! What the processes share: chance, time, the database, the storage, and what was noticed.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::Timestamp;
use store::simulated::Memory;
use store::{Conn, StoreError};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::Design;
use super::node::{Node, Part};
use crate::process::add_default_type;

/// When every run begins, in microseconds since 1970.
const BEGINNING: i64 = 1_700_000_000_000_000;
/// The limits of the one project: some requests are refused.
pub(super) const LIMITS: [(&str, i64); 2] = [("volumes", 24), ("gigabytes", 90)];
pub(super) const PROJECT: &str = "project";

/// The world of a run.
pub(super) struct Site {
    pub(super) design: Design,
    /// Whether schedulers choose by what they remember of pools: in every other run.
    pub(super) remembers: bool,
    pub(super) memory: Memory,
    pub(super) directory: TempDir,
    begun: Instant,
    is_traced: bool,
    chance: Mutex<u64>,
    noticed: Mutex<Vec<String>>,
    fingerprint: Mutex<u64>,
    /// Until when the database answers nobody, and the broker.
    pub(super) database_away: Mutex<Instant>,
    pub(super) broker_away: Mutex<Instant>,
    healed: Mutex<bool>,
    nodes: Mutex<Vec<Arc<Node>>>,
}

impl Site {
    pub(super) fn new(seed: u64, design: Design) -> Arc<Self> {
        let begun = Instant::now();
        Arc::new(Self {
            design,
            remembers: seed.is_multiple_of(2),
            memory: Memory::new().expect("a database in memory"),
            directory: tempfile::tempdir_in("/dev/shm")
                .or_else(|_| tempfile::tempdir())
                .expect("a directory"),
            begun,
            is_traced: std::env::var_os("BESSER_SIM_TRACE").is_some(),
            chance: Mutex::new(seed),
            noticed: Mutex::default(),
            fingerprint: Mutex::new(0),
            database_away: Mutex::new(begun),
            broker_away: Mutex::new(begun),
            healed: Mutex::new(false),
            nodes: Mutex::default(),
        })
    }

    /// What is in the database before anybody comes.
    pub(super) fn prepare(&self) {
        self.look(|conn| {
            add_default_type(conn)?;
            let project = model::ProjectId::new(PROJECT);
            LIMITS.iter().try_for_each(|(name, limit)| store::quotas::set_limit(conn, &project, name, *limit))
        });
    }

    /// The time by the database's clock.
    pub(super) fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.begun.elapsed().as_micros()).expect("a short run");
        Timestamp(BEGINNING + passed)
    }

    /// A number below `end`.
    pub(super) fn below(&self, end: u64) -> u64 {
        let mut state = lock(&self.chance);
        // SplitMix64.
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end.max(1)
    }

    /// Whether something happens that happens `percent` times of a hundred.
    pub(super) fn happens(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Somewhere between two lengths, in milliseconds.
    pub(super) fn between(&self, least_ms: u64, most_ms: u64) -> Duration {
        Duration::from_millis(least_ms + self.below(most_ms - least_ms))
    }

    /// Waits between two lengths, in milliseconds.
    pub(super) async fn wait(&self, least_ms: u64, most_ms: u64) {
        sleep(self.between(least_ms, most_ms)).await;
    }

    /// Looks at the database from nowhere.
    pub(super) fn look<T>(&self, job: impl FnOnce(&Conn<'_>) -> Result<T, StoreError>) -> T {
        self.memory.at(self.now(), job).expect("the database can be looked at")
    }

    /// Notes that something has happened. What is not the same in every run, such as identifiers, must not be in it.
    pub(super) fn happened(&self, what: &str) {
        let mut hash = lock(&self.fingerprint);
        let time = self.begun.elapsed().as_millis().to_le_bytes();
        for byte in what.bytes().chain(time) {
            // FNV-1a.
            *hash = (*hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
        }
        self.trace(|| what.to_owned());
    }

    /// Tells something to whoever wants to read along, be it different in every run.
    pub(super) fn trace(&self, what: impl FnOnce() -> String) {
        if self.is_traced {
            println!("{:9.3} {}", self.begun.elapsed().as_secs_f64(), what());
        }
    }

    /// Notes that something is wrong.
    pub(super) fn wrong(&self, what: &str) {
        let line = format!("{:.3} s: {what}", self.begun.elapsed().as_secs_f64());
        self.happened("wrong");
        lock(&self.noticed).push(line);
    }

    pub(super) fn findings(&self) -> Vec<String> {
        lock(&self.noticed).clone()
    }

    pub(super) fn fingerprint(&self) -> u64 {
        *lock(&self.fingerprint)
    }

    /// Every process.
    pub(super) fn nodes(&self) -> Vec<Arc<Node>> {
        lock(&self.nodes).clone()
    }

    /// Begins the first life of every process.
    pub(super) fn populate(self: &Arc<Self>) {
        let nodes: Vec<Arc<Node>> = Part::ALL.iter().map(|part| Node::new(self, *part)).collect();
        *lock(&self.nodes) = nodes.clone();
        nodes.iter().for_each(Node::start);
    }

    /// Ends all trouble.
    pub(super) fn heal(&self) {
        *lock(&self.healed) = true;
        *lock(&self.database_away) = Instant::now();
        *lock(&self.broker_away) = Instant::now();
        self.nodes().iter().for_each(Node::heal);
    }

    /// Whether nothing goes wrong on purpose any more, and no more requests come.
    pub(super) fn is_healed(&self) -> bool {
        *lock(&self.healed)
    }

    /// Whether every operation has ended.
    pub(super) fn is_quiet(&self) -> bool {
        self.look(|conn| store::operations::list(conn, false, 1)).is_empty()
    }

    #[allow(clippy::disallowed_methods, reason = "a simulation is nobody's process")]
    #[allow(clippy::unused_self, reason = "reads as what it does")]
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(task);
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
