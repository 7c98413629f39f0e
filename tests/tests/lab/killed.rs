//! `kill -9` of the service and of the agent at every moment of attaching and of detaching that can be told from outside:
//! it ends attached or detached, what was written is there, and nothing is left.
//!
//! With `BESSER_TEST_THOROUGH` everybody is killed at every moment; the suite's habit is in [`victims`].

mod moment;
mod requests;

use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use blackbox::wait;
use serde_json::json;

use crate::host::Host;
use crate::storage::{Kind, Storage};
use crate::{hash, is_thorough, residue, run};
use moment::{ATTACHING, DETACHING, Moment, Sight};

/// How long service and agent may take to agree after somebody was killed.
const SETTLES_WITHIN: Duration = Duration::from_secs(90);
/// How long a moment may be waited for.
const COMES_WITHIN: Duration = Duration::from_secs(120);
/// How often to look whether it has come.
const LOOK: Duration = Duration::from_micros(100);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Service,
    Agent,
    Both,
}

/// Who is killed at a moment. What the agent alone survives is tried in full by its own tests.
fn victims(moment: &Moment) -> &'static [Victim] {
    match (is_thorough(), moment.is_phase) {
        (true, _) => &[Victim::Service, Victim::Agent, Victim::Both],
        (false, true) => &[Victim::Service, Victim::Both],
        (false, false) => &[Victim::Service],
    }
}

#[test]
fn whoever_is_killed_it_ends_attached_or_detached() {
    let Some(mut world) = World::new(Kind::ThinLio) else { return };
    for (verb, moments) in [("attach", ATTACHING), ("detach", DETACHING)] {
        for moment in moments {
            for &victim in victims(moment) {
                world.begin_with(verb);
                let mut agent = world.host.begin(&[verb, &world.volume]);
                let seen = await_moment(&mut agent, &world.sight(), moment);
                if victim != Victim::Service {
                    let _ = agent.kill();
                }
                if victim != Victim::Agent {
                    world.storage.restart_killed();
                }
                agent.wait().unwrap();
                let late = if seen { "" } else { " (late)" };
                world.verify(&format!("{verb}, {victim:?} killed when {}{late}", moment.name));
            }
        }
    }
    world.end();
}

/// Waits for the moment, or until the agent is done; whether the moment came while it was not.
fn await_moment(agent: &mut Child, sight: &Sight<'_>, moment: &Moment) -> bool {
    let begun = Instant::now();
    loop {
        if (moment.has_come)(sight) {
            return agent.try_wait().unwrap().is_none();
        }
        if agent.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(begun.elapsed() < COMES_WITHIN, "it never was: {}", moment.name);
        thread::sleep(LOOK);
    }
}

/// A volume with something in it, its storage and its host.
struct World {
    storage: Storage,
    host: Host,
    volume: String,
    /// The hash of what is in it.
    written: String,
}

impl World {
    /// None outside of the lab.
    fn new(kind: Kind) -> Option<Self> {
        let storage = Storage::new(kind)?;
        let host = Host::new(&storage.server);
        let volume = storage.server.member().make_volume(json!({"size": 1}));
        let device = host.attach(&volume);
        run("mkfs.ext4", &["-q", "-F", device.to_str().unwrap()]);
        let written = host.mounted(&device, |place| {
            let file = place.join("data");
            run("dd", &["if=/dev/urandom", &format!("of={}", file.display()), "bs=1M", "count=4"]);
            hash(&file)
        });
        host.detach(&volume);
        Some(Self { storage, host, volume, written })
    }

    fn sight(&self) -> Sight<'_> {
        Sight { host: &self.host, volume: &self.volume }
    }

    /// Makes the volume attached or detached, as `verb` finds it.
    fn begin_with(&self, verb: &str) {
        match (verb, self.host.has(&self.volume)) {
            ("attach", true) => self.host.detach(&self.volume),
            ("detach", false) => drop(self.host.attach(&self.volume)),
            _ => {}
        }
    }

    /// Has the agent repair what was cut off until it and the service agree, and looks at what became of it.
    fn verify(&self, about: &str) {
        if self.settled(about) {
            println!("{about}: attached");
            let device = self.host.attach(&self.volume);
            let read = self.host.mounted(&device, |place: &Path| hash(&place.join("data")));
            assert_eq!(read, self.written, "{about}");
            self.host.detach(&self.volume);
        } else {
            println!("{about}: detached");
        }
        assert_eq!(residue::of(&self.storage, &self.host, false), Vec::<String>::new(), "{about}");
    }

    /// Whether the volume is attached, once service and agent say the same.
    fn settled(&self, about: &str) -> bool {
        let demo = self.storage.server.member();
        let mut last = String::new();
        let agreed = wait::poll(SETTLES_WITHIN, || {
            let checked = self.host.order(&["attach", "check", "--apply"]);
            let status = demo.get(&format!("/volumes/{}", self.volume))["volume"]["status"].clone();
            let said = String::from_utf8_lossy(&checked.stdout).into_owned();
            last = format!("{status}: {said}{}", String::from_utf8_lossy(&checked.stderr));
            match (status.as_str(), self.host.has(&self.volume)) {
                (Some("in-use"), true) => Some(true),
                (Some("available"), false) => Some(false),
                _ => None,
            }
        });
        agreed.unwrap_or_else(|| panic!("{about}: service and agent do not agree: {last}"))
    }

    /// What was written is there at last, and goes with its volume.
    fn end(self) {
        let device = self.host.attach(&self.volume);
        let read = self.host.mounted(&device, |place: &Path| hash(&place.join("data")));
        assert_eq!(read, self.written);
        self.host.detach(&self.volume);
        self.storage.server.member().remove(&format!("/volumes/{}", self.volume));
        assert_eq!(residue::of(&self.storage, &self.host, true), Vec::<String>::new());
    }
}
