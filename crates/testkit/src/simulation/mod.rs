//! Many machines in one thread, in a time that passes as fast as it can.
//!
//! A run is two APIs, two schedulers and three volume roles, two of them of one cluster, each a process of its own: the
//! real verbs, roles and workers over one database in memory. Between them is a [`site::Site`]: a network that delays
//! and loses, a broker that forgets, hosts that are cut off, stand still and die, and whose clocks are wrong. Everything
//! that happens by chance is drawn from the seed, and tokio's clock stands until everybody waits: the same seed is the same
//! run, message by message. What must be true at any time is looked at every second, the rest when all has healed.

mod clients;
mod faults;
mod node;
mod site;
mod storage;
mod watch;
mod way;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::sleep;

use self::clients::Clients;
use self::site::Site;

/// How long things go wrong.
const TROUBLE: Duration = Duration::from_secs(150);
/// How long everything may take to end once all is well: a dead member of a cluster is stood in for after
/// `service_down_time`, and a claim is free after its lease.
const HEALING: Duration = Duration::from_secs(150);

/// How the processes are built: as they are, or with a mistake that a simulation has to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Design {
    /// As they are.
    Real,
    /// Leases and heartbeats are by the clock of whoever writes them.
    HostClocks,
    /// A hint is the only thing that makes anybody look for work.
    HintsOnly,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What was wrong, each with its time; nothing when all was well.
    pub findings: Vec<String>,
    /// Requests that were accepted.
    pub accepted: usize,
    /// Requests that were refused, or whose answer never came.
    pub unanswered: usize,
    /// Things that went wrong on purpose.
    pub faults: usize,
    /// Everything that happened, in a number: two runs with the same one were the same.
    pub fingerprint: u64,
}

/// One run.
///
/// # Panics
/// The machine has no temporary directory or no thread.
#[must_use]
pub fn run(seed: u64, design: Design) -> Outcome {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let outcome = runtime.block_on(play(seed, design));
    // What a killed process had begun waits for ever, and ends here.
    drop(runtime);
    outcome
}

async fn play(seed: u64, design: Design) -> Outcome {
    let site = Site::new(seed, design);
    site.prepare();
    site.populate();
    let clients = Arc::new(Clients::default());
    site.spawn(watch::every_second(Arc::clone(&site)));
    site.spawn(clients::ask(Arc::clone(&site), Arc::clone(&clients)));
    let faults = faults::make(&site, TROUBLE).await;
    site.heal();
    for _ in 0..HEALING.as_secs() {
        sleep(Duration::from_secs(1)).await;
        if site.is_quiet() {
            break;
        }
    }
    watch::at_the_end(&site, &clients);
    let (accepted, unanswered) = clients.counted();
    Outcome { findings: site.findings(), accepted, unanswered, faults, fingerprint: site.fingerprint() }
}
