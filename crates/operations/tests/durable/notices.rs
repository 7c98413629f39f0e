//! What others are told: everything that happened, in its order, once, whatever was killed when.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::VolumeStatus;
use operations::roles;
use ports::Announcer;
use ports::announce::{AnnounceError, Announcement};
use serde_json::Value;
use store::outbox::{self, Notice};
use testkit::crash::{self, Scenario};
use testkit::{BackendOptions, Options, Process, World, blank};

use crate::scenarios::{create, delete, extend, status, volume};

/// A world in which others are told.
fn telling(options: Options) -> Options {
    Options { configure: |settings| settings.announces = true, ..options }
}

fn told(process: &Process) -> Vec<Notice> {
    process.read(|conn| outbox::oldest(conn, 1000))
}

fn events(process: &Process) -> Vec<String> {
    told(process).into_iter().map(|notice| notice.event_type).collect()
}

fn payload(notice: &Notice) -> Value {
    serde_json::from_str(&notice.payload).unwrap()
}

#[test]
fn the_life_of_a_volume_is_told_in_its_order() {
    let world = World::new(telling(Options::with([BackendOptions::thick("a", 10)])));
    let process = world.process();
    let id = volume(process, 1);
    let snapshot = process.snapshot(id).unwrap();
    process.settle();
    process.extend(id, 2).unwrap();
    process.settle();
    process.delete_snapshot(snapshot, false).unwrap();
    process.settle();
    process.delete(id, Default::default()).unwrap();
    process.settle();
    let verbs = ["volume.create", "snapshot.create", "volume.resize", "snapshot.delete", "volume.delete"];
    let wanted: Vec<String> =
        verbs.iter().flat_map(|verb| [format!("{verb}.start"), format!("{verb}.end")]).collect();
    assert_eq!(events(process), wanted);
    let told = told(process);
    assert!(told.iter().all(|notice| notice.priority == "INFO"));
    let created = payload(&told[1]);
    let is = |key: &str, value: &str| assert_eq!(created[key], *value, "{key}");
    is("volume_id", &id.to_string());
    is("status", "available");
    is("host", "host@a#pool");
    is("tenant_id", told[1].project_id.as_str());
    assert_eq!((told[1].publisher_id.as_str(), &created["size"]), ("volume.host@a", &Value::from(1)));
    assert_eq!(
        (payload(&told[0])["status"].as_str(), payload(&told[5])["size"].as_u64()),
        (Some("creating"), Some(2))
    );
    // What is gone is told of as it was.
    assert_eq!(payload(&told[9])["volume_id"], id.to_string());
    assert_eq!(payload(&told[3])["volume_size"], 1);
}

#[test]
fn a_failure_is_told_with_its_reason() {
    let world = World::new(telling(Options::with([BackendOptions::thick("a", 2)])));
    let process = world.process();
    let id = process.create(blank(50)).unwrap();
    process.settle();
    assert_eq!(status(process, id), Some(VolumeStatus::Error));
    let told = told(process);
    let failed = told.last().unwrap();
    assert_eq!((failed.event_type.as_str(), failed.priority.as_str()), ("volume.create.error", "ERROR"));
    assert!(payload(failed)["error"].as_str().unwrap().contains("50"), "{}", failed.payload);
}

#[test]
fn nothing_is_written_where_nobody_is_told() {
    let world = World::new(Options::with([BackendOptions::thick("a", 10)]));
    let id = volume(world.process(), 1);
    world.process().delete(id, Default::default()).unwrap();
    world.process().settle();
    assert_eq!(world.process().read(outbox::count), 0);
}

/// Every operation that has ended was told of once, and of each as many beginnings as there are.
fn assert_complete(process: &Process) {
    let told = told(process);
    for operation in
        process.operations().iter().filter(|it| it.kind.starts_with("volume.") && it.state != "pending")
    {
        let ends = told.iter().filter(|notice| notice.message_id == operation.id.to_string()).count();
        assert_eq!(ends, 1, "{} {}", operation.kind, operation.state);
    }
    let starts = told.iter().filter(|notice| notice.event_type.ends_with(".start")).count();
    let operations = process.operations().len();
    assert!(starts <= operations, "{starts} beginnings of {operations} operations");
}

const CREATE: Scenario = Scenario {
    options: || telling((create::BLANK.options)()),
    ending: |process, things| {
        assert_complete(process);
        (create::BLANK.ending)(process, things)
    },
    ..create::BLANK
};

const DELETE: Scenario = Scenario {
    options: || telling((delete::PLAIN.options)()),
    ending: |process, things| {
        assert_complete(process);
        (delete::PLAIN.ending)(process, things)
    },
    ..delete::PLAIN
};

const EXTEND: Scenario = Scenario {
    options: || telling((extend::PLAIN.options)()),
    ending: |process, things| {
        assert_complete(process);
        (extend::PLAIN.ending)(process, things)
    },
    ..extend::PLAIN
};

#[test]
fn whatever_is_killed_is_told_of_in_the_end() {
    for scenario in [&CREATE, &DELETE, &EXTEND] {
        crash::crashes(scenario);
        crash::lost_commits(scenario);
    }
}

/// A broker that fails a few times first.
#[derive(Default)]
struct Broker {
    failures: AtomicUsize,
    told: Mutex<Vec<String>>,
}

impl Announcer for Broker {
    fn announce(&self, announcements: &[Announcement]) -> Result<(), AnnounceError> {
        if self.failures.load(Ordering::SeqCst) > 0 {
            self.failures.fetch_sub(1, Ordering::SeqCst);
            return Err(AnnounceError::Unavailable("gone".to_owned()));
        }
        let events = announcements.iter().map(|it| format!("{} {}", it.event_type, it.message_id));
        self.told.lock().unwrap().extend(events);
        Ok(())
    }
}

#[test]
fn the_outbox_is_told_once_and_in_order_by_one_of_several() {
    let world = World::new(telling(Options::with([BackendOptions::thick("a", 10)])));
    let process = world.process();
    let broker = Arc::new(Broker { failures: AtomicUsize::new(1), ..Broker::default() });
    for number in 0..2 {
        let mut post = process.post.clone();
        post.worker.owner = format!("host{number}/x");
        process.run(async { post.supervisor.clone().spawn(roles::announce(post, Arc::clone(&broker) as _)) });
    }
    for _ in 0..8 {
        process.create(blank(1)).unwrap();
    }
    process.settle();
    let wanted: Vec<String> =
        told(process).into_iter().map(|it| format!("{} {}", it.event_type, it.message_id)).collect();
    process.run_until("everybody knows", || process.read(outbox::count) == 0);
    let told = broker.told.lock().unwrap().clone();
    let mut unique = told.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), told.len());
    assert!(told.ends_with(&wanted), "{} told, {} waited", told.len(), wanted.len());
    assert!(told.iter().filter(|it| it.starts_with("volume.create.")).count() == 16);
    process.run_for(Duration::from_millis(10));
}

#[test]
fn what_no_broker_takes_is_given_up_in_the_end() {
    let world = World::new(telling(Options::with([BackendOptions::thick("a", 10)])));
    let process = world.process();
    volume(process, 1);
    assert_eq!(process.read(outbox::count), 2);
    let early = process.write(|conn| outbox::give_up(conn, conn.now().plus_millis(-60_000), 100));
    assert_eq!((early, process.read(outbox::count)), (0, 2));
    let late = process.write(|conn| outbox::give_up(conn, conn.now().plus_millis(60_000), 1));
    assert_eq!((late, process.read(outbox::count)), (1, 1));
}
