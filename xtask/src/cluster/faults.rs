//! What goes wrong, one thing after the other, and how long it takes until everything works again.

use std::io;
use std::path::Path;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use super::client::Client;
use super::load::{self, Tally};
use super::member::{CLOCKS, Member};
use super::network::{Host, Service};
use super::site::{BACKENDS, Site};

/// How long somebody is away before the next life begins, as where systemd starts it again.
const AWAY: Duration = Duration::from_secs(2);
/// Longer than a lease.
const PAUSED: Duration = Duration::from_secs(35);
/// How long something else goes wrong.
const A_WHILE: Duration = Duration::from_secs(10);
/// How wrong a clock is.
const HOUR_S: i64 = 3600;

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing, to compare with.
    Nothing,
    /// `kill -9` of a member, which is started again.
    Kill(&'static str),
    /// `kill -9` of the broker.
    KillBroker,
    /// An orderly restart of the database.
    RestartDatabase,
    /// A member stands still for longer than its leases, and goes on.
    Pause(&'static str),
    /// A member's host loses all others for longer than its leases, without a word.
    CutOff(&'static str),
    /// A member's host loses the database.
    LoseDatabase(&'static str),
    /// A member's host loses the broker.
    LoseBroker(&'static str),
    /// A member's clock is an hour ahead, and then an hour behind.
    Clock(&'static str),
    /// A member has no room for its log and its files.
    DiskFull(&'static str),
    /// The storage of a member takes no further file.
    StorageFull(&'static str),
    /// The database is brought up to date for the newer binary, while all members are of the older one.
    Migrate,
    /// A member ends in good order, and its next life is of the newer binary.
    Upgrade(&'static str),
}

impl Fault {
    fn is_possible(self, site: &Site) -> bool {
        match self {
            Self::Nothing | Self::Kill(_) | Self::RestartDatabase | Self::Pause(_) => true,
            Self::KillBroker => site.broker.is_some(),
            Self::CutOff(_) | Self::LoseDatabase(_) | Self::DiskFull(_) => site.network.has_hosts(),
            Self::StorageFull(_) => site.has_disk(),
            Self::Migrate | Self::Upgrade(_) => site.newer.is_some(),
            Self::LoseBroker(_) => site.network.has_hosts() && site.broker.is_some(),
            Self::Clock(_) => site.network.has_hosts() && Path::new(CLOCKS).exists(),
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => f.write_str("none"),
            Self::Kill(member) => write!(f, "`kill -9` of {member}"),
            Self::KillBroker => f.write_str("`kill -9` of RabbitMQ"),
            Self::RestartDatabase => f.write_str("restart of the database"),
            Self::Pause(member) => write!(f, "{member} stands still for {} s", PAUSED.as_secs()),
            Self::CutOff(member) => write!(f, "{member} is cut off for {} s", PAUSED.as_secs()),
            Self::LoseDatabase(member) => {
                write!(f, "{member} is cut off from the database for {} s", A_WHILE.as_secs())
            }
            Self::LoseBroker(member) => {
                write!(f, "{member} is cut off from the broker for {} s", PAUSED.as_secs())
            }
            Self::Clock(member) => write!(f, "the clock of {member} is 1 h ahead, then 1 h behind"),
            Self::DiskFull(member) => {
                write!(f, "no room for the log and the files of {member} for {} s", A_WHILE.as_secs())
            }
            Self::Migrate => f.write_str("the schema of the newer version"),
            Self::Upgrade(member) => write!(f, "{member} is replaced by the newer version"),
            Self::StorageFull(member) => {
                write!(f, "no room for another file on the storage of {member} for {} s", A_WHILE.as_secs())
            }
        }
    }
}

/// What comes first where there is a newer binary: the two versions side by side, with the schema of the newer one.
const UPGRADE: [Fault; 10] = [
    Fault::Migrate,
    Fault::Upgrade("volume-1"),
    Fault::Upgrade("api-2"),
    Fault::Upgrade("scheduler-2"),
    Fault::Upgrade("volume-3"),
    Fault::Upgrade("backup-1"),
    Fault::Upgrade("image-1"),
    Fault::Upgrade("volume-2"),
    Fault::Upgrade("scheduler-1"),
    Fault::Upgrade("api-1"),
];

/// In their order. A run that is too short for all leaves out the last ones.
const FAULTS: [Fault; 23] = [
    Fault::Nothing,
    Fault::StorageFull("volume-3"),
    Fault::Kill("volume-1"),
    Fault::RestartDatabase,
    Fault::Kill("scheduler-1"),
    Fault::KillBroker,
    Fault::Kill("api-2"),
    Fault::Kill("volume-3"),
    Fault::Pause("volume-2"),
    Fault::Kill("backup-1"),
    Fault::Kill("scheduler-2"),
    Fault::Kill("volume-2"),
    Fault::Kill("api-1"),
    Fault::Kill("image-1"),
    Fault::CutOff("volume-1"),
    Fault::LoseDatabase("volume-3"),
    Fault::LoseBroker("volume-2"),
    Fault::CutOff("scheduler-1"),
    Fault::Clock("volume-1"),
    Fault::Clock("scheduler-2"),
    Fault::Clock("api-1"),
    Fault::DiskFull("volume-2"),
    Fault::DiskFull("api-2"),
];

/// A fault, and how long after it a volume was made on every storage that was asked for when it began.
pub(super) struct Recovery {
    pub(super) fault: Fault,
    pub(super) after: Duration,
    /// How long it lasted.
    pub(super) lasted: Duration,
}

/// Has every fault come and go, again and again until `end`.
pub(super) fn take_turns(
    site: &mut Site,
    client: &Client,
    tally: &Tally,
    end: Instant,
) -> io::Result<Vec<Recovery>> {
    let mut recoveries = Vec::new();
    for (number, fault) in UPGRADE.iter().chain(FAULTS.iter().cycle()).enumerate() {
        // What was begun with one version ends with the other.
        if Instant::now() > end && number >= UPGRADE.len() {
            break;
        }
        if !fault.is_possible(site) {
            continue;
        }
        let start = Instant::now();
        let (lasted, after) = thread::scope(|scope| {
            let canaries = BACKENDS.map(|backend| {
                scope.spawn(move || {
                    let path = canary(client, tally, &format!("canary-{number}-{backend}"), backend)?;
                    let after = start.elapsed();
                    let removed = load::remove(client, tally, &path);
                    removed.map_err(|why| tally.complain(why)).ok().map(|()| after)
                })
            });
            // By this thread: what it starts ends with it.
            let happened = happen(site, *fault).map(|()| start.elapsed());
            let after = canaries.map(|canary| canary.join().unwrap_or_default());
            happened.map(|lasted| (lasted, after.into_iter().collect::<Option<Vec<_>>>()))
        })?;
        let Some(after) = after.and_then(|after| after.into_iter().max()) else { continue };
        println!("{:5.1} s after: {fault}", after.as_secs_f64());
        recoveries.push(Recovery { fault: *fault, after, lasted });
    }
    Ok(recoveries)
}

/// Makes a volume, where it is then.
fn canary(client: &Client, tally: &Tally, name: &str, backend: &str) -> Option<String> {
    let made = load::make_volume(client, tally, name, backend);
    made.map_err(|why| tally.complain(format!("{name}: {why}"))).ok().map(|id| format!("/volumes/{id}"))
}

fn happen(site: &mut Site, fault: Fault) -> io::Result<()> {
    match fault {
        Fault::Nothing => Ok(()),
        Fault::Kill(name) => {
            let member = site.member(name)?;
            member.kill();
            sleep(AWAY);
            member.start()
        }
        Fault::KillBroker => {
            if let Some(broker) = &mut site.broker {
                broker.kill();
                sleep(AWAY);
                broker.serve();
            }
            Ok(())
        }
        Fault::RestartDatabase => site.database.restart(),
        Fault::Pause(name) => {
            let member = site.member(name)?;
            member.signal("STOP")?;
            sleep(PAUSED);
            member.signal("CONT")
        }
        Fault::CutOff(name) => for_a_while(site.member(name)?.host.as_ref(), PAUSED, Host::cut_off),
        Fault::LoseDatabase(name) => for_a_while(site.member(name)?.host.as_ref(), A_WHILE, |host, cut| {
            host.cut_off_from(Service::Database, cut)
        }),
        Fault::LoseBroker(name) => for_a_while(site.member(name)?.host.as_ref(), PAUSED, |host, cut| {
            host.cut_off_from(Service::Broker, cut)
        }),
        Fault::Clock(name) => {
            let member = site.member(name)?;
            for wrong_by_s in [HOUR_S, -HOUR_S] {
                member.set_clock(wrong_by_s)?;
                sleep(A_WHILE);
            }
            member.set_clock(0)
        }
        Fault::DiskFull(name) => for_a_while(Some(site.member(name)?), A_WHILE, Member::fill_disk),
        Fault::Migrate => site.migrate(),
        Fault::Upgrade(name) => site.upgrade(name),
        Fault::StorageFull(_) => for_a_while(Some(&*site), A_WHILE, |site, full| site.fill_storage(full)),
    }
}

/// Does something to `whom`, and undoes it after a while.
fn for_a_while<T>(
    whom: Option<&T>,
    long: Duration,
    mut change: impl FnMut(&T, bool) -> io::Result<()>,
) -> io::Result<()> {
    let Some(whom) = whom else { return Ok(()) };
    change(whom, true)?;
    sleep(long);
    change(whom, false)
}
