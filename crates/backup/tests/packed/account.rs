//! Increments by the storage's own account of what has changed: less is read, and nothing is believed that is not true.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use backup::packed;
use backup::{BackupError, Depth};
use ports::Work;
use ports::volume::{Changes, Disk, Extent};
use proptest::prelude::*;

use crate::world::{CHUNK, World, disk, noise};

/// What is read at a time.
const PIECE: usize = 64 * CHUNK;

/// A disk that counts what is read of it.
#[derive(Debug)]
struct Counted<D> {
    inner: D,
    read_bytes: AtomicU64,
}

impl<D> Counted<D> {
    fn new(inner: D) -> Self {
        Self { inner, read_bytes: AtomicU64::new(0) }
    }
}

impl<D: Disk> Disk for Counted<D> {
    fn size_bytes(&self) -> u64 {
        self.inner.size_bytes()
    }

    fn read_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<()> {
        self.read_bytes.fetch_add(buffer.len() as u64, Ordering::SeqCst);
        self.inner.read_at(buffer, offset_bytes)
    }

    fn write_at(&self, bytes: &[u8], offset_bytes: u64) -> io::Result<()> {
        self.inner.write_at(bytes, offset_bytes)
    }

    fn zero_at(&self, offset_bytes: u64, length_bytes: u64) -> io::Result<()> {
        self.inner.zero_at(offset_bytes, length_bytes)
    }

    fn extent_at(&self, offset_bytes: u64) -> io::Result<Extent> {
        self.inner.extent_at(offset_bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.inner.sync()
    }
}

/// Backs `content` up as number 2, an increment of number 1, with an account; what was read, and where it was found wrong.
fn increment(world: &World, content: &[u8], account: &[(u64, u64)]) -> (u64, Option<u64>) {
    let changes = Changes::of(account.iter().copied()).unwrap();
    let disk = Counted::new(disk(content));
    let (at, parent) = (World::at(1, 2), World::at(1, 1));
    let written = world.back_up_changes(&world.store, &disk, &at, (Some(&parent), Some(&changes))).unwrap();
    (disk.read_bytes.load(Ordering::SeqCst), written.belied_at)
}

fn compare(world: &World, content: &[u8]) -> Result<(), BackupError> {
    let work = Work::new();
    packed::compare(&world.store, &World::at(1, 2), world.key.as_ref(), &disk(content), &world.means, &work)
}

#[test]
fn what_did_not_change_is_not_read() {
    let world = World::sealed();
    let mut content = noise(1, 6 * PIECE + 100);
    content[2 * PIECE..3 * PIECE].fill(0);
    world.back_up(&disk(&content), &World::at(1, 1), None).unwrap();
    let kept = world.packs().len();
    content[5 * CHUNK + 7..5 * CHUNK + 9].fill(0xAA);
    let (read_bytes, belied_at) = increment(&world, &content, &[((5 * CHUNK) as u64, 4096)]);
    assert_eq!(belied_at, None);
    // What changed, and at most the one piece that is looked at all the same.
    assert!((CHUNK as u64..=(PIECE + CHUNK) as u64).contains(&read_bytes), "{read_bytes}");
    assert_eq!(world.packs().len(), kept + 1);
    world.assert_restores(&World::at(1, 2), &content);
    world.verify(&World::at(1, 2), Depth::Deep).unwrap();
    compare(&world, &content).unwrap();
}

#[test]
fn an_account_that_lies_everywhere_is_put_aside() {
    let world = World::new();
    let mut content = noise(1, 5 * PIECE);
    world.back_up(&disk(&content), &World::at(1, 1), None).unwrap();
    for piece in 0..5 {
        content[piece * PIECE + 3 * CHUNK] ^= 1;
    }
    let (read_bytes, belied_at) = increment(&world, &content, &[]);
    let lie = belied_at.expect("a lie is noticed");
    assert_eq!(lie % PIECE as u64, (3 * CHUNK) as u64);
    assert!(read_bytes >= content.len() as u64, "everything is compared: {read_bytes}");
    world.assert_restores(&World::at(1, 2), &content);
    for number in [1, 2] {
        world.remove(&World::at(1, number)).unwrap();
    }
    assert_eq!(world.objects(), [""; 0]);
}

#[test]
fn a_single_lie_is_noticed_by_a_look_or_by_comparing_with_the_source() {
    let mut content = noise(1, 4 * PIECE);
    let before = content.clone();
    let at = PIECE + 9 * CHUNK;
    content[at] ^= 1;
    let mut unnoticed = 0;
    for _ in 0..40 {
        let world = World::new();
        world.back_up(&disk(&before), &World::at(1, 1), None).unwrap();
        match increment(&world, &content, &[]) {
            (_, Some(lie)) => {
                assert_eq!(lie, at as u64);
                compare(&world, &content).unwrap();
            }
            (_, None) => {
                unnoticed += 1;
                // Nothing in the store could tell.
                world.verify(&World::at(1, 2), Depth::Deep).unwrap();
                match compare(&world, &content) {
                    Err(BackupError::Differs { blocks: 1, offset_bytes, .. }) => {
                        assert_eq!(offset_bytes, at as u64)
                    }
                    other => panic!("{other:?}"),
                }
                break;
            }
        }
    }
    assert_eq!(unnoticed, 1);
}

#[test]
fn what_the_parent_has_lost_is_read_and_kept_again() {
    for (with_account, which) in [(true, 0), (true, 1), (false, 0), (false, 1)] {
        let world = World::new();
        let content = noise(1, 6 * PIECE);
        world.back_up(&disk(&content), &World::at(1, 1), None).unwrap();
        let lost = world.packs().remove(which);
        std::fs::remove_file(world.root().join(&lost)).unwrap();
        if with_account {
            increment(&world, &content, &[]);
        } else {
            world.back_up(&disk(&content), &World::at(1, 2), Some(&World::at(1, 1))).unwrap();
        }
        assert!(world.verify(&World::at(1, 1), Depth::Shallow).is_err());
        world.verify(&World::at(1, 2), Depth::Deep).unwrap();
        world.assert_restores(&World::at(1, 2), &content);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn a_true_account_always_restores_exactly(
        writes in proptest::collection::vec((0..3 * PIECE, 1..3 * CHUNK, 0..3_u64), 0..6),
        grown in prop_oneof![Just(0_usize), Just(100), Just(CHUNK), Just(PIECE + 5)],
        parent_bytes in prop_oneof![Just(3 * PIECE), Just(3 * PIECE - 70)],
    ) {
        let world = World::new();
        let mut content = noise(9, parent_bytes);
        content[PIECE / 2..PIECE + PIECE / 2].fill(0);
        world.back_up(&disk(&content), &World::at(1, 1), None).unwrap();
        content.resize(parent_bytes + grown, 0);
        let mut account = Vec::new();
        for (from, length, what) in writes {
            let end = content.len().min(from + length);
            if from >= end {
                continue;
            }
            match what {
                0 => content[from..end].fill(0),
                seed => content[from..end].copy_from_slice(&noise(seed, end - from)),
            }
            account.push((from as u64, (end - from) as u64));
        }
        let (_, belied_at) = increment(&world, &content, &account);
        prop_assert_eq!(belied_at, None);
        world.assert_restores(&World::at(1, 2), &content);
        world.verify(&World::at(1, 2), Depth::Deep).unwrap();
        compare(&world, &content).unwrap();
    }
}
