//! Random changes, backups, deletions and restores: what comes back is always exactly what was there.

use backup::Algorithm;
use backup::chunked::{self, Options};
use ports::volume::Disk;
use proptest::prelude::*;

use super::world::{World, blank, content, small};

const SIZE: u64 = 150_000;

#[derive(Debug, Clone)]
enum Step {
    /// Writes a stretch of one byte, or of noise.
    Write { at: u64, length: u64, byte: Option<u8> },
    /// Makes a stretch zero.
    Zero { at: u64, length: u64 },
    /// Backs up, as an increment of the newest one if there is one.
    BackUp { full: bool },
    /// Removes the newest backup.
    Delete,
    /// Restores one of those that are there.
    Restore { which: usize, to_new: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let stretch = || (0..SIZE, 1..40_000_u64).prop_map(|(at, length)| (at, length.min(SIZE - at)));
    let step = prop_oneof![
        4 => (stretch(), any::<Option<u8>>())
            .prop_map(|((at, length), byte)| Step::Write { at, length, byte }),
        2 => stretch().prop_map(|(at, length)| Step::Zero { at, length }),
        4 => any::<bool>().prop_map(|full| Step::BackUp { full }),
        1 => Just(Step::Delete),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(which, to_new)| Step::Restore { which, to_new }),
    ];
    prop::collection::vec(step, 1..25)
}

fn noise(length: u64, mut seed: u64) -> Vec<u8> {
    let next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 56) as u8
    };
    std::iter::repeat_with(next).take(usize::try_from(length).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn what_was_backed_up_comes_back(steps in steps(), threads in 1..4_usize, zstd in any::<bool>()) {
        let algorithm = if zstd { Algorithm::Zstd } else { Algorithm::Zlib };
        let world = World::new(Options { algorithm, ..small() }, threads);
        let disk = blank(SIZE);
        // Number, parent and content of what is there.
        let mut backups: Vec<(usize, Option<usize>, Vec<u8>)> = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Write { at, length, byte } => {
                    let bytes = match byte {
                        Some(byte) => vec![byte; usize::try_from(length).unwrap()],
                        None => noise(length, at + number as u64),
                    };
                    disk.write_at(&bytes, at).unwrap();
                }
                Step::Zero { at, length } => disk.zero_at(at, length).unwrap(),
                Step::BackUp { full } => {
                    let parent = backups.last().map(|(number, ..)| *number).filter(|_| !full);
                    world.back_up(&disk, number, parent).unwrap();
                    backups.push((number, parent, content(&disk)));
                }
                Step::Delete => {
                    if let Some((number, ..)) = backups.pop() {
                        chunked::remove(&world.store, &World::layer(number).at).unwrap();
                    }
                }
                Step::Restore { which, to_new } => {
                    let Some((number, _, wanted)) = backups.get(which % backups.len().max(1)) else { continue };
                    let mut chain = vec![*number];
                    while let Some(parent) = backups.iter().find(|it| it.0 == chain[0]).and_then(|it| it.1) {
                        chain.insert(0, parent);
                    }
                    let target = if to_new { blank(SIZE) } else { World::disk(&noise(SIZE, 1)) };
                    world.restore(&chain, &target).unwrap();
                    prop_assert!(content(&target) == *wanted);
                }
            }
        }
    }
}
