//! Random histories of everything that is counted: whatever is asked in whatever order by whomever, and wherever processes
//! die meanwhile, what is used is what is there.

mod acts;
mod ask;
mod books;

use std::cell::Cell;
use std::time::Duration;

use testkit::{BackendOptions, Options, World};

use crate::histories::try_all;
use acts::{Act, act};
use ask::ask;
use books::rest;

/// Histories that are tried when nobody asks for more.
const CASES: u32 = 20;
/// Longest history.
const MAX_ACTS: usize = 100;
/// Volumes of this type live on the backend `b`.
const GOLD: &str = "gold";
/// Who has something, or gets it.
const PROJECTS: [&str; 2] = ["project", "another"];
/// What each of them may have.
const LIMITS: [(&str, i64); 9] = [
    ("volumes", 9),
    ("gigabytes", 24),
    ("snapshots", 5),
    ("backups", 4),
    ("backup_gigabytes", 7),
    ("groups", 2),
    ("volumes_gold", 3),
    ("gigabytes_gold", 8),
    ("snapshots_gold", 2),
];

/// A world in which projects may have little.
fn world() -> World {
    let backends = [
        BackendOptions::thick("a", 40).slow(Duration::from_millis(1)),
        BackendOptions::thin("b").slow(Duration::from_millis(1)),
    ];
    let options = Options {
        lease_ms: 60,
        report_every: Duration::from_millis(20),
        configure: |settings| {
            settings.quota_defaults = LIMITS.map(|(name, limit)| (name.to_owned(), limit)).into();
        },
        ..Options::with(backends).busy()
    };
    let world = World::new(options);
    world.process().add_type(GOLD, &[("volume_backend_name", "b")]);
    world.process().add_plain_groups();
    world
}

#[test]
fn whatever_happens_the_books_are_right() {
    let history = proptest::collection::vec(act(), 10..MAX_ACTS);
    let (tried, accepted) = (Cell::new(0), Cell::new(0));
    try_all(CASES, &history, |acts| {
        let mut world = world();
        for act in acts {
            if world.process().faults.is_crashed() {
                world.restart();
            }
            match act {
                Act::Rest => rest(&mut world),
                act => {
                    tried.set(tried.get() + 1);
                    accepted.set(accepted.get() + usize::from(ask(world.process(), act).is_some()));
                }
            }
        }
        rest(&mut world);
    });
    let (tried, accepted) = (tried.get(), accepted.get());
    assert!(accepted * 10 > tried, "nearly all was refused: only {accepted} of {tried} were accepted");
}
