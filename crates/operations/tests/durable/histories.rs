//! Random histories: whatever is asked in whatever order, and wherever processes die meanwhile, everything ends well.

use std::collections::HashMap;
use std::time::Duration;

use model::{SnapshotId, VolumeId, VolumeStatus};
use operations::volume::delete;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use store::Conn;
use testkit::invariants::{self, Residue};
use testkit::{BackendOptions, Options, World, blank, content, from_snapshot, from_volume};

/// Histories that are tried when nobody asks for more.
const CASES: u32 = 16;
/// Longest history.
const MAX_ACTS: usize = 40;

/// Something that happens. Numbers choose among what is there.
#[derive(Debug, Clone)]
enum Act {
    Create {
        size_gib: u64,
    },
    Copy {
        volume: usize,
        more_gib: u64,
    },
    Revive {
        snapshot: usize,
        more_gib: u64,
    },
    Extend {
        volume: usize,
        more_gib: u64,
    },
    Snapshot {
        volume: usize,
    },
    Delete {
        volume: usize,
        cascade: bool,
        force: bool,
    },
    DeleteSnapshot {
        snapshot: usize,
        force: bool,
    },
    /// An administrator calls it broken.
    Condemn {
        volume: usize,
    },
    /// An administrator calls it available while something is being done to it.
    Vouch {
        volume: usize,
    },
    /// An administrator gives an operation up.
    Abandon {
        operation: usize,
    },
    Pass {
        ms: u64,
    },
    /// Everything comes to rest, and what has no content gets some.
    Rest,
    /// The process dies so many points later.
    DieIn {
        points: u64,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let which = 0_usize..6;
    prop_oneof![
        4 => (1_u64..5).prop_map(|size_gib| Act::Create { size_gib }),
        3 => (which.clone(), 0_u64..3).prop_map(|(volume, more_gib)| Act::Copy { volume, more_gib }),
        3 => (which.clone(), 0_u64..3).prop_map(|(snapshot, more_gib)| Act::Revive { snapshot, more_gib }),
        3 => (which.clone(), 1_u64..4).prop_map(|(volume, more_gib)| Act::Extend { volume, more_gib }),
        3 => which.clone().prop_map(|volume| Act::Snapshot { volume }),
        4 => (which.clone(), any::<bool>(), any::<bool>())
            .prop_map(|(volume, cascade, force)| Act::Delete { volume, cascade, force }),
        2 => (which.clone(), any::<bool>())
            .prop_map(|(snapshot, force)| Act::DeleteSnapshot { snapshot, force }),
        1 => which.clone().prop_map(|volume| Act::Condemn { volume }),
        1 => which.clone().prop_map(|volume| Act::Vouch { volume }),
        1 => which.prop_map(|operation| Act::Abandon { operation }),
        4 => (0_u64..8).prop_map(|ms| Act::Pass { ms }),
        2 => Just(Act::Rest),
        3 => (1_u64..40).prop_map(|points| Act::DieIn { points }),
    ]
}

/// What is written in something, and how large the volume was when it was written; none is blank.
type Content = Option<(u8, u64)>;

/// A world, and what is known of it.
struct History {
    world: World,
    volumes: Vec<VolumeId>,
    snapshots: Vec<SnapshotId>,
    in_volumes: HashMap<VolumeId, Content>,
    in_snapshots: HashMap<SnapshotId, Content>,
}

impl History {
    fn new() -> Self {
        let backends = [
            BackendOptions::thick("a", 14).slow(Duration::from_millis(2)),
            BackendOptions::thin("b").slow(Duration::from_millis(1)),
        ];
        let options = Options {
            lease_ms: 60,
            report_every: Duration::from_millis(20),
            ..Options::with(backends).busy()
        };
        Self {
            world: World::new(options),
            volumes: Vec::new(),
            snapshots: Vec::new(),
            in_volumes: HashMap::new(),
            in_snapshots: HashMap::new(),
        }
    }

    /// What was accepted without anybody hearing of it is found here.
    fn look(&mut self) {
        (self.volumes, self.snapshots) = invariants::everything(self.world.process());
    }

    fn happen(&mut self, act: &Act) {
        if self.world.process().faults.is_crashed() {
            self.world.restart();
        }
        self.look();
        let process = self.world.process();
        let volume = |number: usize| self.volumes.get(number % self.volumes.len().max(1)).copied();
        let snapshot = |number: usize| self.snapshots.get(number % self.snapshots.len().max(1)).copied();
        // Whether a request is refused is not the question here.
        match *act {
            Act::Create { size_gib } => drop(process.create(blank(size_gib))),
            Act::Copy { volume: number, more_gib } => {
                let Some(row) = volume(number).and_then(|id| process.volume(id)) else { return };
                drop(process.create(from_volume(row.size_gib + more_gib, row.id)));
            }
            Act::Revive { snapshot: number, more_gib } => {
                let Some(row) = snapshot(number).and_then(|id| process.snapshot_row(id)) else { return };
                drop(process.create(from_snapshot(row.size_gib + more_gib, row.id)));
            }
            Act::Extend { volume: number, more_gib } => {
                let Some(row) = volume(number).and_then(|id| process.volume(id)) else { return };
                drop(process.extend(row.id, row.size_gib + more_gib));
            }
            Act::Snapshot { volume: number } => {
                let Some(id) = volume(number) else { return };
                drop(process.snapshot(id));
            }
            Act::Delete { volume: number, cascade, force } => {
                let Some(id) = volume(number) else { return };
                drop(process.delete(id, delete::Options { cascade, force }));
            }
            Act::DeleteSnapshot { snapshot: number, force } => {
                let Some(id) = snapshot(number) else { return };
                drop(process.delete_snapshot(id, force));
            }
            Act::Condemn { volume: number } => {
                let Some(id) = volume(number) else { return };
                drop(process.reset_status(id, VolumeStatus::Error));
            }
            Act::Vouch { volume: number } => {
                let Some(id) = volume(number) else { return };
                let meanwhile = [VolumeStatus::Creating, VolumeStatus::Extending];
                let vouch = move |conn: &Conn<'_>| {
                    store::volumes::set_status_from(conn, id, &meanwhile, VolumeStatus::Available)
                };
                drop(process.run(process.desk.store.write(vouch)));
            }
            Act::Abandon { operation: number } => {
                let pending = process.pending();
                let Some(row) = pending.get(number % pending.len().max(1)) else { return };
                let id = row.id;
                let store = &process.desk.store;
                drop(process.run(store.write(move |conn| store::operations::abandon(conn, id))));
            }
            Act::Pass { ms } => process.run_for(Duration::from_millis(ms)),
            Act::DieIn { points } => process.faults.crash_at(process.faults.count() + points),
            Act::Rest => self.rest(),
        }
    }

    /// Lets everything come to rest, asserts that all is well, and writes into what is blank.
    fn rest(&mut self) {
        loop {
            self.world.process().settle();
            if !self.world.process().faults.is_crashed() {
                break;
            }
            self.world.restart();
        }
        self.world.process().faults.calm();
        self.look();
        self.learn();
        let process = self.world.process();
        invariants::assert(process, Residue::None, "at rest");
        for id in &self.volumes {
            let row = process.volume(*id).expect("a volume");
            if row.status != VolumeStatus::Available {
                continue;
            }
            // Of a copy whose source came and went since the last rest, nobody knows what it must have.
            let Some(content) = self.in_volumes.get_mut(id) else { continue };
            match *content {
                Some((seed, written_gib)) => content::check(process, &row, Some(seed), written_gib).unwrap(),
                None => {
                    content::check(process, &row, None, row.size_gib).unwrap();
                    let seed = id.uuid().as_bytes()[0] | 1;
                    content::write(process, &row, seed);
                    *content = Some((seed, row.size_gib));
                }
            }
        }
    }

    /// Learns what must be in those that came since the last rest. Nothing was written meanwhile, so it is what their
    /// sources had then.
    fn learn(&mut self) {
        let process = self.world.process();
        loop {
            let before = self.in_volumes.len() + self.in_snapshots.len();
            for id in &self.snapshots {
                let of = process.snapshot_row(*id).expect("a snapshot");
                if let Some(content) = self.in_volumes.get(&of.volume_id) {
                    self.in_snapshots.entry(*id).or_insert(*content);
                }
            }
            for id in &self.volumes {
                let row = process.volume(*id).expect("a volume");
                let content = match (row.source_volid, row.snapshot_id) {
                    (None, None) => Some(None),
                    (Some(source), _) => self.in_volumes.get(&source).copied(),
                    (_, Some(source)) => self.in_snapshots.get(&source).copied(),
                };
                if let Some(content) = content {
                    self.in_volumes.entry(*id).or_insert(content);
                }
            }
            if self.in_volumes.len() + self.in_snapshots.len() == before {
                return;
            }
        }
    }
}

/// Tries `cases` histories, the same ones every time; or, when somebody asks for a number of others
/// (`BESSER_TEST_CASES`), as many by chance.
pub(crate) fn try_all<A: std::fmt::Debug>(
    cases: u32,
    history: &impl Strategy<Value = Vec<A>>,
    happen: impl Fn(&[A]),
) {
    let asked = std::env::var("BESSER_TEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let config = Config {
        cases: asked.unwrap_or(cases),
        max_shrink_iters: 64,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = match asked {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let tried = runner.run(history, |acts| {
        happen(&acts);
        Ok(())
    });
    tried.unwrap();
}

#[test]
fn whatever_happens_everything_ends_well() {
    try_all(CASES, &proptest::collection::vec(act(), 5..MAX_ACTS), |acts| {
        let mut history = History::new();
        for act in acts {
            history.happen(act);
        }
        history.rest();
    });
}
