//! A few users who do a bit of everything until the server is gone.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use blackbox::random::Random;
use blackbox::{Reply, Session};
use serde_json::{Value, json};

use super::promises::{Outcome, Promises};
use super::world::{Kind, World};

const USERS: usize = 4;

/// Lets the users make `burst` requests, and kills the server `delay` after the last of them was begun.
pub(crate) fn work_until_killed(
    world: &mut World,
    promises: &mut Promises,
    random: &mut Random,
    burst: usize,
    delay: Duration,
) {
    let begun = AtomicUsize::new(0);
    let known = Mutex::new(Known::of(world));
    let outcomes = Mutex::new(Vec::new());
    let seeds: Vec<u64> = (0..USERS).map(|_| random.bits()).collect();
    let session = world.session.clone();
    std::thread::scope(|scope| {
        for seed in seeds {
            let (session, begun, known, outcomes) = (&session, &begun, &known, &outcomes);
            scope.spawn(move || {
                let mut random = Random::new(seed);
                while begun.fetch_add(1, Ordering::SeqCst) < burst {
                    let outcome = one_deed(session, &mut random, known);
                    let unanswered = matches!(outcome, Outcome::Unanswered | Outcome::InDoubt(..));
                    outcomes.lock().expect("the outcomes").push(outcome);
                    if unanswered {
                        return;
                    }
                }
            });
        }
        while begun.load(Ordering::SeqCst) < burst {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(delay);
        world.server.kill();
    });
    for outcome in outcomes.into_inner().expect("the outcomes") {
        promises.note(outcome);
    }
}

/// What the users know to exist.
struct Known {
    volumes: Vec<String>,
    snapshots: Vec<String>,
    /// A volume and its snapshot that are only copied from.
    spared: [String; 2],
}

impl Known {
    fn of(world: &World) -> Self {
        let [heavy, snapshot] = world.spared.clone();
        Self {
            volumes: world.ids(Kind::Volume).into_iter().filter(|id| *id != heavy).collect(),
            snapshots: world.ids(Kind::Snapshot).into_iter().filter(|id| *id != snapshot).collect(),
            spared: [heavy, snapshot],
        }
    }

    /// Something to copy from, as the fields of a new volume: every second time it is full of bytes.
    fn source(&self, random: &mut Random) -> Value {
        let [heavy, heavy_snapshot] = &self.spared;
        let mut or = |usual: &[String], full: &String| {
            let usual = random.pick(usual).cloned();
            usual.filter(|_| random.below(2) == 0).unwrap_or_else(|| full.clone())
        };
        let (volume, snapshot) = (or(&self.volumes, heavy), or(&self.snapshots, heavy_snapshot));
        if random.below(2) == 0 { json!({"source_volid": volume}) } else { json!({"snapshot_id": snapshot}) }
    }
}

fn one_deed(session: &Session, random: &mut Random, known: &Mutex<Known>) -> Outcome {
    let (volume, snapshot, source) = {
        let known = known.lock().expect("the known");
        (random.pick(&known.volumes).cloned(), random.pick(&known.snapshots).cloned(), known.source(random))
    };
    let outcome = match (random.below(100), volume, snapshot) {
        (0..30, _, _) | (30.., None, _) => make(session, Kind::Volume, json!({"size": 1})),
        (30..54, _, _) => make(session, Kind::Volume, source),
        (54..66, Some(volume), _) => make(session, Kind::Snapshot, json!({"volume_id": volume})),
        (66..76, Some(volume), _) => extend(session, volume, 2 + i64::try_from(random.below(3)).unwrap_or(0)),
        (76..80, Some(volume), _) => label(session, &volume),
        (80..88, _, Some(snapshot)) => end(session, Kind::Snapshot, snapshot),
        (80.., Some(volume), _) => end(session, Kind::Volume, volume),
    };
    let mut known = known.lock().expect("the known");
    match &outcome {
        Outcome::Made(Kind::Volume, id) => known.volumes.push(id.clone()),
        Outcome::Made(Kind::Snapshot, id) => known.snapshots.push(id.clone()),
        Outcome::Ended(Kind::Volume, id) => known.volumes.retain(|other| other != id),
        Outcome::Ended(Kind::Snapshot, id) => known.snapshots.retain(|other| other != id),
        _ => {}
    }
    outcome
}

fn make(session: &Session, kind: Kind, fields: Value) -> Outcome {
    let key = kind.key();
    match answer(session.request("POST", kind.collection()).json(&json!({ key: fields }))) {
        Some(reply) if reply.status == 202 => {
            let id = reply.json()[key]["id"].as_str().expect("an id").to_owned();
            Outcome::Made(kind, id)
        }
        Some(reply) => refused(&reply),
        None => Outcome::Unanswered,
    }
}

fn extend(session: &Session, id: String, new_size: i64) -> Outcome {
    let request = session.request("POST", &format!("/volumes/{id}/action"));
    match answer(request.json(&json!({"os-extend": {"new_size": new_size}}))) {
        Some(reply) if reply.status == 202 => Outcome::Grown(id, new_size),
        Some(reply) => refused(&reply),
        None => Outcome::Unanswered,
    }
}

fn label(session: &Session, id: &str) -> Outcome {
    let request = session.request("POST", &format!("/volumes/{id}/metadata"));
    answer(request.json(&json!({"metadata": {"touched": "yes"}}))).map_or(Outcome::Unanswered, |reply| {
        match reply.status {
            200 => Outcome::Refused,
            _ => refused(&reply),
        }
    })
}

fn end(session: &Session, kind: Kind, id: String) -> Outcome {
    match answer(session.request("DELETE", &format!("{}/{id}", kind.collection()))) {
        Some(reply) if reply.status == 202 => Outcome::Ended(kind, id),
        Some(reply) => refused(&reply),
        None => Outcome::InDoubt(kind, id),
    }
}

/// Users of the same things get in each other's way: that is refused properly, with a 4xx.
fn refused(reply: &Reply) -> Outcome {
    assert!((400..500).contains(&reply.status), "{} {}", reply.status, reply.text());
    Outcome::Refused
}

/// The answer, whole; or nothing if the server died before or during it.
fn answer(request: blackbox::http::Request) -> Option<Reply> {
    request.send().ok()
}
