//! `kill -9` of the service and of the agent at every moment of attaching and of detaching that can be told from outside:
//! it ends attached or detached, what was written is there, and nothing is left.
//!
//! With `BESSER_TEST_THOROUGH` everybody is killed at every moment; the suite's habit is in [`victims`].

mod moment;
mod requests;

use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use crate::is_thorough;
use crate::storage::Kind;
use crate::world::World;
use moment::{ATTACHING, DETACHING, Moment, Sight};

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
                let seen =
                    await_moment(&mut agent, &Sight { host: &world.host, volume: &world.volume }, moment);
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
