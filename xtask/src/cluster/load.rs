//! Steady work: lives of volumes, with everything that was accepted remembered.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Duration;

use blackbox::random::Random;
use serde_json::{Value, json};

use super::client::{Asked, Client};
use super::site::BACKENDS;

/// Pause of a client between two acts.
const PACE: Duration = Duration::from_millis(200);
/// One life in so many leaves its volume behind, and one has a backup made.
const KEPT_OF: u64 = 4;
const BACKED_UP_OF: u64 = 6;
/// What a user is told whose volume found a storage full.
const NO_ROOM: &str = "no space";

/// What was asked and what came of it, of all clients together.
#[derive(Default)]
pub(super) struct Tally {
    answered: AtomicU64,
    unanswered: AtomicU64,
    without_room: AtomicU64,
    done: Mutex<Vec<Duration>>,
    complaints: Mutex<Vec<String>>,
}

impl Tally {
    pub(super) fn answered(&self, well: bool) {
        if well { &self.answered } else { &self.unanswered }.fetch_add(1, Ordering::Relaxed);
    }

    /// Something that was accepted was done, so long after it was first looked for.
    pub(super) fn settled(&self, after: Duration) {
        if let Ok(mut done) = self.done.lock() {
            done.push(after);
        }
    }

    /// Something that was accepted has failed, and said that its storage was full.
    fn had_no_room(&self) {
        self.without_room.fetch_add(1, Ordering::Relaxed);
    }

    /// How often that was.
    pub(super) fn without_room(&self) -> u64 {
        self.without_room.load(Ordering::Relaxed)
    }

    /// Something is not as it should be.
    pub(super) fn complain(&self, what: String) {
        eprintln!("wrong: {what}");
        if let Ok(mut complaints) = self.complaints.lock() {
            complaints.push(what);
        }
    }

    /// Requests that had an answer, and that had none or one of a server in trouble.
    pub(super) fn requests(&self) -> (u64, u64) {
        (self.answered.load(Ordering::Relaxed), self.unanswered.load(Ordering::Relaxed))
    }

    /// How long everything took that was done, the shortest first.
    pub(super) fn done(&self) -> Vec<Duration> {
        let mut done = self.done.lock().map(|done| done.clone()).unwrap_or_default();
        done.sort();
        done
    }

    pub(super) fn complaints(&self) -> Vec<String> {
        self.complaints.lock().map(|all| all.clone()).unwrap_or_default()
    }
}

/// A volume that was left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) id: String,
    pub(super) size_gib: u64,
}

/// Has volumes live and die until it is told to stop; those that are left.
pub(super) fn work(
    client: &Client,
    tally: &Tally,
    stop: &AtomicBool,
    (seed, number): (u64, usize),
) -> Vec<Kept> {
    let mut random = Random::new(seed.wrapping_mul(1000).wrapping_add(u64::try_from(number).unwrap_or(0)));
    let (mut kept, mut lives) = (Vec::new(), 0_u64);
    while !stop.load(Ordering::Relaxed) {
        lives += 1;
        let name = format!("worker-{number}-{lives}");
        match (Life { client, tally, random: &mut random }).lead(&name) {
            Ok(left) => kept.extend(left),
            Err(why) => tally.complain(format!("{name}: {why}")),
        }
    }
    kept
}

struct Life<'l> {
    client: &'l Client,
    tally: &'l Tally,
    random: &'l mut Random,
}

impl Life<'_> {
    fn lead(&mut self, name: &str) -> Result<Option<Kept>, String> {
        let backend = self.random.pick(&BACKENDS).copied().unwrap_or_default();
        let id = make_volume(self.client, self.tally, name, backend)?;
        let path = format!("/volumes/{id}");
        let mut size_gib = 1;
        if self.random.below(2) == 0 {
            size_gib = self.grow(&path)?;
        }
        if self.random.below(2) == 0 {
            self.attach(&id)?;
        }
        if self.random.below(2) == 0 {
            let body = json!({"snapshot": {"volume_id": id, "name": name}});
            self.make_and_remove("snapshots", "snapshot", &body, name)?;
        }
        if self.random.below(BACKED_UP_OF) == 0 {
            let body = json!({"backup": {"volume_id": id, "name": name}});
            self.make_and_remove("backups", "backup", &body, name)?;
        }
        if self.random.below(KEPT_OF) == 0 {
            return Ok(Some(Kept { id, size_gib }));
        }
        remove(self.client, self.tally, &path)?;
        Ok(None)
    }

    fn grow(&self, path: &str) -> Result<u64, String> {
        sleep(PACE);
        let body = json!({"os-extend": {"new_size": 2}});
        let asked = self.client.ask(self.tally, "POST", &format!("{path}/action"), Some(&body));
        let volume = self.client.settled(self.tally, path, "available")?;
        let size_gib = volume["size"].as_u64().unwrap_or(0);
        match (asked, size_gib) {
            (Asked::Accepted(_), 2) | (Asked::Unknown, 1 | 2) => Ok(size_gib),
            (Asked::Refused(why), _) => Err(format!("extending was refused: {why}")),
            (_, size_gib) => Err(format!("{path} was to grow to 2 GiB and has {size_gib}")),
        }
    }

    /// Reserves it for a machine, and gives it back.
    fn attach(&self, volume: &str) -> Result<(), String> {
        sleep(PACE);
        let body = json!({"attachment": {"volume_uuid": volume, "instance_uuid": volume}});
        let asked = self.client.ask(self.tally, "POST", "/attachments", Some(&body));
        let attachment = match asked {
            Asked::Accepted(made) => made["attachment"]["id"].as_str().map(str::to_owned),
            Asked::Unknown => self.found("attachments", &format!("volume_id={volume}"))?,
            Asked::Refused(why) => return Err(format!("reserving was refused: {why}")),
        };
        if let Some(attachment) = attachment {
            remove(self.client, self.tally, &format!("/attachments/{attachment}"))?;
        }
        self.client.settled(self.tally, &format!("/volumes/{volume}"), "available").map(drop)
    }

    fn make_and_remove(&self, plural: &str, key: &str, body: &Value, name: &str) -> Result<(), String> {
        while !self.is_made_and_removed(plural, key, body, name)? {}
        Ok(())
    }

    /// False when there was no room for it.
    fn is_made_and_removed(&self, plural: &str, key: &str, body: &Value, name: &str) -> Result<bool, String> {
        sleep(PACE);
        let made = match self.client.ask(self.tally, "POST", &format!("/{plural}"), Some(body)) {
            Asked::Accepted(made) => made[key]["id"].as_str().map(str::to_owned),
            Asked::Unknown => self.found(plural, &format!("name={name}"))?,
            Asked::Refused(why) => return Err(format!("{key} was refused: {why}")),
        };
        let Some(id) = made else { return Ok(true) };
        let path = format!("/{plural}/{id}");
        let is_there = has_room(self.client, self.tally, &path)?;
        if is_there {
            remove(self.client, self.tally, &path)?;
        }
        Ok(is_there)
    }

    fn found(&self, plural: &str, filter: &str) -> Result<Option<String>, String> {
        found(self.client, self.tally, plural, filter)
    }
}

/// The only one of these, whose making had no answer; nothing if it was not made.
fn found(client: &Client, tally: &Tally, plural: &str, filter: &str) -> Result<Option<String>, String> {
    let list = client.read(tally, &format!("/{plural}?{filter}"))?.unwrap_or_default();
    match list[plural].as_array().map(Vec::as_slice).unwrap_or_default() {
        [] => Ok(None),
        [one] => Ok(one["id"].as_str().map(str::to_owned)),
        many => Err(format!("{} {plural} with {filter} instead of one", many.len())),
    }
}

/// Waits until what is made at `path` is there. False when its storage was full, which is no fault of anybody's: then it
/// has said so, and is removed.
fn has_room(client: &Client, tally: &Tally, path: &str) -> Result<bool, String> {
    match client.settled(tally, path, "available") {
        Ok(_) => Ok(true),
        Err(why) if why.contains(NO_ROOM) => {
            tally.had_no_room();
            remove(client, tally, path).map(|()| false)
        }
        Err(why) => Err(why),
    }
}

/// Makes a volume of this name, and waits until it is there.
pub(super) fn make_volume(
    client: &Client,
    tally: &Tally,
    name: &str,
    backend: &str,
) -> Result<String, String> {
    let body = json!({"volume": {"size": 1, "name": name, "volume_type": backend}});
    loop {
        sleep(PACE);
        let made = match client.ask(tally, "POST", "/volumes", Some(&body)) {
            Asked::Accepted(made) => made["volume"]["id"].as_str().map(str::to_owned),
            Asked::Unknown => found(client, tally, "volumes", &format!("name={name}"))?,
            Asked::Refused(why) => return Err(format!("creating was refused: {why}")),
        };
        match made {
            Some(id) if has_room(client, tally, &format!("/volumes/{id}"))? => return Ok(id),
            _ => {}
        }
    }
}

/// Removes what is at `path`, and waits until it is gone.
pub(super) fn remove(client: &Client, tally: &Tally, path: &str) -> Result<(), String> {
    sleep(PACE);
    loop {
        match client.ask(tally, "DELETE", path, None) {
            Asked::Accepted(_) => break,
            Asked::Refused(why) if why.starts_with("404") => break,
            Asked::Refused(why) => {
                // One whose answer was lost is under way, or was never taken.
                let found = client.read(tally, path)?;
                let first = found.as_ref().and_then(|it| it.as_object()?.values().next());
                match first.map(|it| it["status"].as_str().unwrap_or_default()) {
                    None | Some("deleting") => break,
                    Some(_) => return Err(format!("deleting was refused: {why}")),
                }
            }
            Asked::Unknown => sleep(PACE),
        }
    }
    client.settled(tally, path, "").map(drop)
}
