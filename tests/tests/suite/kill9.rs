//! The process is killed at random moments in the middle of mixed operations. After every restart nothing is stuck, nothing
//! is lost that was promised, and nothing is left over.
//!
//! `BESSER_KILL_ROUNDS` says how often three hundred operations are gone through (the suite's habit is three, a release
//! wants ten), `BESSER_KILL_SEED` repeats a run.

mod promises;
mod strangers;
mod world;

use std::time::{Duration, Instant};

use blackbox::Server;
use blackbox::random::Random;

use promises::Promises;
use world::World;

const OPERATIONS: usize = 300;
const DEFAULT_ROUNDS: usize = 3;
/// After how many operations a kill comes, at the earliest and at the latest.
const BETWEEN_KILLS: std::ops::Range<u64> = 10..90;
/// The kill comes up to this long after that, so that it falls into the middle of effects too.
const LATEST_KILL: Duration = Duration::from_millis(30);
/// The promise: everything is at rest this long after a restart.
const SETTLED_WITHIN: Duration = Duration::from_secs(10);

#[test]
fn three_hundred_mixed_operations_survive_kills_at_random_moments() {
    let rounds =
        std::env::var("BESSER_KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_ROUNDS);
    let mut random = Random::from_env("BESSER_KILL_SEED");
    let mut world = World::begin(Server::start());
    let mut promises = Promises::default();
    let mut kills = 0;
    for round in 1..=rounds {
        let mut left = OPERATIONS;
        while left > 0 {
            let burst = random.below(BETWEEN_KILLS.end - BETWEEN_KILLS.start) + BETWEEN_KILLS.start;
            let burst = usize::try_from(burst).unwrap_or(left).min(left);
            let delay = Duration::from_micros(random.below(LATEST_KILL.as_micros().try_into().unwrap_or(1)));
            strangers::work_until_killed(&mut world, &mut promises, &mut random, burst, delay);
            left -= burst;
            kills += 1;
            let restarted = Instant::now();
            world.server.start_again();
            let about = format!("round {round}, kill {kills}");
            world.settle(restarted + SETTLED_WITHIN, &about);
            promises.verify(&world, &about);
            world.verify(&about);
        }
    }
    eprintln!("{kills} kills, {promises}");
    world.end();
}
