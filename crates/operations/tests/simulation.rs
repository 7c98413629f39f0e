//! Schedulers and ledger on many machines, simulated: `testkit::simulation` says how.
//!
//! `BESSER_SIM_SEED=n` plays one seed, `BESSER_SIM_SEEDS=n` so many of them; `BESSER_SIM_TRACE=1` has them tell what happens.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

use std::thread;

use testkit::simulation::{Design, Outcome, run};

/// How many are played when nobody says.
const SEEDS: u64 = 60;
/// How many it takes at most to find a mistake.
const TO_FIND: u64 = 40;

fn asked(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

fn assert_well(seed: u64, outcome: &Outcome) {
    let replay = format!("BESSER_SIM_SEED={seed} cargo test -p operations --test simulation");
    assert!(outcome.findings.is_empty(), "seed {seed}:\n  {}\n{replay}", outcome.findings.join("\n  "));
}

/// Plays seeds, on every core.
fn play(seeds: impl Iterator<Item = u64>) -> Vec<(u64, Outcome)> {
    let seeds: Vec<u64> = seeds.collect();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let share = |first: usize| {
            let own: Vec<u64> = seeds.iter().copied().skip(first).step_by(cores).collect();
            scope.spawn(move || {
                own.into_iter().map(|seed| (seed, run(seed, Design::Real))).collect::<Vec<_>>()
            })
        };
        let players: Vec<_> = (0..cores).map(share).collect();
        players.into_iter().flat_map(|player| player.join().unwrap()).collect()
    })
}

#[test]
fn nothing_is_lost_doubled_stuck_or_overcommitted() {
    let seeds = match asked("BESSER_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..asked("BESSER_SIM_SEEDS").unwrap_or(SEEDS),
    };
    let (mut accepted, mut unanswered, mut faults, mut runs) = (0, 0, 0, 0);
    for (seed, outcome) in play(seeds) {
        assert_well(seed, &outcome);
        runs += 1;
        accepted += outcome.accepted;
        unanswered += outcome.unanswered;
        faults += outcome.faults;
    }
    println!("{runs} runs: {accepted} requests accepted, {unanswered} not, {faults} faults");
    assert!(accepted > 20 * runs && faults > 5 * runs, "little happened");
}

#[test]
fn a_seed_is_the_same_run_every_time() {
    for seed in 0..2 {
        let (once, again) = (run(seed, Design::Real), run(seed, Design::Real));
        assert_eq!(once.fingerprint, again.fingerprint, "seed {seed}");
        assert_eq!(once, again);
    }
    assert_ne!(run(1, Design::Real).fingerprint, run(2, Design::Real).fingerprint);
}

#[test]
fn leases_by_the_clocks_of_hosts_are_found_out() {
    assert!((0..TO_FIND).any(|seed| !run(seed, Design::HostClocks).findings.is_empty()));
}

#[test]
fn whoever_relies_on_hints_is_found_out() {
    assert!((0..TO_FIND).any(|seed| !run(seed, Design::HintsOnly).findings.is_empty()));
}
